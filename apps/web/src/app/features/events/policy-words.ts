import type { Event, OverlapPolicy, Retry, RetryCause } from '@cronium/contracts';

import { formatRunning } from '../../shared/time/duration';

/** What becomes of a run while others of its event are under way, as a choice. */
export const overlapWords: Record<OverlapPolicy, string> = {
  allow: 'Start it as well',
  queue: 'Let it wait its turn',
  skip: 'Leave it out',
  replace: 'Cancel that one, and start it',
};

export const causeWords: Record<RetryCause, { word: string; note?: string }> = {
  exit_code: { word: 'It ends with another exit code than 0' },
  signal: { word: 'A signal ends it' },
  limit: { word: 'It has no memory, disk, processes or output left' },
  timeout: { word: 'It runs out of time' },
  platform_error: { word: 'Cronium or the server fails' },
  lost: {
    word: 'Nobody knows how it ended',
    note: 'It may have done all of its work: only for what may run twice.',
  },
};

type Overlap = Pick<Event, 'overlapPolicy' | 'maxConcurrentExecutions' | 'maxQueuedExecutions'>;

/** What an overlap policy means, in one sentence. */
export function overlapSentence(overlap: Overlap): string {
  const { overlapPolicy, maxConcurrentExecutions, maxQueuedExecutions } = overlap;
  const most = maxConcurrentExecutions ?? 1;
  const under = most === 1 ? 'While one is under way' : `While ${most} are under way`;
  switch (overlapPolicy) {
    case 'allow':
      if (maxConcurrentExecutions === null) return 'Runs of this event go on beside each other.';
      return `${under}, every other waits for its turn.`;
    case 'queue':
      return `${under}, up to ${count(maxQueuedExecutions, 'other waits', 'others wait')} for a turn; one more is refused.`;
    case 'skip':
      return `${under}, another does not run, and is recorded as skipped.`;
    case 'replace':
      return most === 1
        ? `${under} or waits, a new one cancels it, and starts when it has ended.`
        : `${under} or wait, a new one cancels the oldest, and starts when it has ended.`;
  }
}

/** What a retry policy will do, in one sentence. */
export function retrySentence({ limit, backoff, delaySeconds, maxDelaySeconds }: Retry): string {
  if (limit === 0) return 'A run that fails is not tried again.';
  const all = Array.from({ length: limit }, (_, index) =>
    Math.min(delaySeconds * (backoff === 'exponential' ? 2 ** index : 1), maxDelaySeconds),
  );
  const attempts = limit === 1 ? 'One more attempt' : `Up to ${limit} more attempts`;
  return `${attempts}, ${pausesInWords(all)}.`;
}

const namedPauses = 4;

function pausesInWords(pauses: readonly number[]): string {
  const [first = 0] = pauses;
  const last = pauses.at(-1) ?? 0;
  const words = (seconds: number) => formatRunning(seconds * 1000);
  if (first === last) {
    const after = first === 0 ? 'at once after' : `${words(first)} after`;
    return pauses.length === 1 ? `${after} the first` : `each ${after} the one before`;
  }
  const named = pauses.length > namedPauses ? pauses.slice(0, namedPauses - 1) : pauses.slice(0, -1);
  const joint = pauses.length > namedPauses ? ' … up to ' : ' and ';
  return `${named.map(words).join(', ')}${joint}${words(last)} after the one before`;
}

/** What triggers that come close to each other do; null when each makes a run of its own. */
export function joiningSentence({
  debounceSeconds,
  coalesce,
}: Pick<Event, 'debounceSeconds' | 'coalesce'>): string | null {
  if (debounceSeconds > 0) {
    return `A trigger waits ${formatRunning(debounceSeconds * 1000)}; another one meanwhile joins it, with the newer input, and the wait begins anew.`;
  }
  return coalesce ? 'A trigger joins the run that still waits, with the newer input.' : null;
}

const count = (number: number, one: string, more: string) =>
  `${number.toLocaleString('en')} ${number === 1 ? one : more}`;

import type { QueuedJob } from '@cronium/contracts';

import type { reasonWords } from '../../shared/queue/turn-words';

/** What waits for one server. */
export interface QueueGroup {
  readonly server: QueuedJob['server'];
  /** The next one first. */
  readonly jobs: readonly QueuedJob[];
  /** How many wait, and for what: `3 jobs: 2 for a place, 1 not yet due`. */
  readonly summary: string;
}

export type WaitReason = keyof typeof reasonWords;

/** Goes on after a number of jobs. */
const waitWords: Record<WaitReason, string> = {
  worker_busy: 'about to start',
  server_busy: 'for a place',
  server_short: 'for room on the machine',
  event_busy: 'for their event',
  owner_busy: 'for their owner',
  delayed: 'not yet due',
  server_unhealthy: 'for the server to be back',
};

/** Why a job waits: of its server that is away, or of its turn. */
export function reasonOf({ queue, waitingFor }: QueuedJob): WaitReason | null {
  return waitingFor?.reason ?? queue?.reason ?? null;
}

/** Those that have their place, then the others in their turn, then what waits for its event or owner, for its time, for its server. */
const order: readonly (WaitReason | null)[] = [
  'worker_busy',
  'server_busy',
  'server_short',
  'event_busy',
  'owner_busy',
  'delayed',
  'server_unhealthy',
  null,
];

function compare(one: QueuedJob, other: QueuedJob): number {
  const [reason, another] = [reasonOf(one), reasonOf(other)];
  if (reason !== another) return order.indexOf(reason) - order.indexOf(another);
  if (reason === 'delayed') return (one.queue?.notBefore ?? '').localeCompare(other.queue?.notBefore ?? '');
  const turns = (one.queue?.position ?? 0) - (other.queue?.position ?? 0);
  if (turns !== 0) return turns;
  return one.queuedAt.localeCompare(other.queuedAt);
}

/** By server, the longest queue first. */
export function groupsOf(jobs: readonly QueuedJob[]): readonly QueueGroup[] {
  const groups = [...groupBy(jobs, ({ server }) => server.id).values()].flatMap((waiting) => {
    const server = waiting[0]?.server;
    return server ? [{ server, jobs: waiting.toSorted(compare), summary: summaryOf(waiting) }] : [];
  });
  return groups.sort(
    (one, other) => other.jobs.length - one.jobs.length || one.server.name.localeCompare(other.server.name),
  );
}

function groupBy<K>(jobs: readonly QueuedJob[], keyOf: (job: QueuedJob) => K): Map<K, QueuedJob[]> {
  const groups = new Map<K, QueuedJob[]>();
  for (const job of jobs) {
    const key = keyOf(job);
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return groups;
}

function summaryOf(jobs: readonly QueuedJob[]): string {
  const all = jobs.length === 1 ? '1 job' : `${jobs.length} jobs`;
  const reasons = [...groupBy(jobs, reasonOf)].flatMap(([reason, those]) =>
    reason === null ? [] : [{ word: waitWords[reason], count: those.length }],
  );
  const [only] = reasons;
  if (!only) return all;
  if (reasons.length === 1) return `${all} ${only.word}`;
  return `${all}: ${reasons
    .sort((one, other) => other.count - one.count)
    .map(({ word, count }) => `${count} ${word}`)
    .join(', ')}`;
}

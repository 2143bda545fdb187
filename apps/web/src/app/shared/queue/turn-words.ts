import type { QueueReason, QueueTurn } from '@cronium/contracts';

import { formatRunning } from '../time/duration';

/** Why a job waits, in a word or three; `server_unhealthy` is of `waitingFor`. */
export const reasonWords: Record<QueueReason | 'server_unhealthy', string> = {
  server_busy: 'Server is busy',
  server_short: 'Machine is short of room',
  event_busy: 'Event is busy',
  owner_busy: 'Owner has enough running',
  worker_busy: 'About to start',
  delayed: 'Not yet due',
  server_unhealthy: 'Server is away',
};

const minute = 60;
const hour = 60 * minute;

/** `about 2 min`; null when nothing is known. */
export function expectedWords(seconds: number | null): string | null {
  if (seconds === null) return null;
  if (seconds < 10) return 'a few seconds';
  if (seconds < minute - 5) return `about ${Math.round(seconds / 10) * 10} s`;
  if (seconds < hour - minute / 2) return `about ${Math.max(1, Math.round(seconds / minute))} min`;
  return `about ${Math.round(seconds / hour)} h`;
}

const suffixes = new Map<Intl.LDMLPluralRule, string>([
  ['one', 'st'],
  ['two', 'nd'],
  ['few', 'rd'],
]);
const ordinals = new Intl.PluralRules('en', { type: 'ordinal' });

/** `1st`, `2nd`, `113th`. */
export function ordinal(number: number): string {
  return `${number.toLocaleString('en')}${suffixes.get(ordinals.select(number)) ?? 'th'}`;
}

/** How long until an instant, for a countdown: `12 s`; `a moment` when it is over. */
export function untilWords(at: string, now: number): string {
  const left = Math.ceil((Date.parse(at) - now) / 1000);
  return left <= 0 ? 'a moment' : formatRunning(left * 1000);
}

/** The turn on its server; null for one that waits for something else, which its server’s turns bring no nearer. */
export function positionOf({ reason, position }: QueueTurn): number | null {
  return reason === 'server_busy' ? position : null;
}

/**
 * Where a queued job stands, in a sentence without its full stop: `3rd in line for “web-01”, starts in about 2 min`.
 *
 * @param now milliseconds since the epoch
 */
export function turnWords(turn: QueueTurn, serverName: string, now: number): string {
  if (turn.reason === 'delayed' && turn.notBefore !== null)
    return `It starts in ${untilWords(turn.notBefore, now)}`;
  if (turn.reason === 'event_busy') return 'It starts when another run of its event has ended';
  if (turn.reason === 'owner_busy') return 'It starts when another job of its owner has ended';
  const position = positionOf(turn);
  if (position === null) return turn.message.replace(/\.$/, '');
  const place = position === 1 ? 'Next' : ordinal(position);
  const wait = expectedWords(turn.expectedWaitSeconds);
  return `${place} in line for “${serverName}”${wait === null ? '' : `, starts in ${wait}`}`;
}

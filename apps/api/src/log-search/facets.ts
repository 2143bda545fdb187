import type { JobState, LogStream } from '@cronium/contracts';

/** What is known of a block beside its words, when it is indexed. */
export interface Facets {
  readonly ownerId: string;
  readonly eventId: string | null;
  readonly serverId: string | null;
  readonly state: JobState;
  readonly streams: ReadonlySet<LogStream>;
  readonly at: Date;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Alternatives in a search at most. */
const mostTimes = 62;

// In the index beside the words, none of which has such a sign: it intersects them faster than tables can be joined. They only narrow what is
// looked at: what may be shown is asked of the tables.
export const ofOwner = (id: string) => `=o${shortened(id)}`;
export const ofEvent = (id: string) => `=e${shortened(id)}`;
export const ofServer = (id: string) => `=s${shortened(id)}`;
export const ofStream = (stream: LogStream) => `=k${stream}`;
const ofState = (state: string) => `=j${state}`;
/** Indexed before its end: in what state it is now, its row says. */
const unended = ofState('active');

/** Jobs in a state, and those whose state was not yet known. */
export const inState = (state: JobState) => [ofState(state), unended];

export function facetsOf({ ownerId, eventId, serverId, state, streams, at }: Facets): string[] {
  return [
    ofOwner(ownerId),
    ...(eventId === null ? [] : [ofEvent(eventId)]),
    ...(serverId === null ? [] : [ofServer(serverId)]),
    ['queued', 'starting', 'running'].includes(state) ? unended : ofState(state),
    ...Array.from(streams, ofStream),
    hourOf(at),
    dayOf(at),
    monthOf(at),
  ];
}

/** The hours, days or months that a time lies in; undefined when it is too long for any. */
export function timesWithin(from: Date, to: Date): string[] | undefined {
  const span = to.getTime() - from.getTime();
  if (span / hourMs < 36) return each(from, to, hourMs, hourOf);
  if (span / dayMs < mostTimes - 1) return each(from, to, dayMs, dayOf);
  if (span / dayMs < 28 * (mostTimes - 2)) return each(from, to, 28 * dayMs, monthOf);
  return undefined;
}

function each(from: Date, to: Date, step: number, name: (at: Date) => string): string[] {
  const names = new Set<string>();
  for (let at = from.getTime(); at < to.getTime(); at += step) names.add(name(new Date(at)));
  return [...names.add(name(new Date(to.getTime() - 1)))];
}

const hourOf = (at: Date) => `=h${at.toISOString().slice(0, 13)}`;
const dayOf = (at: Date) => `=d${at.toISOString().slice(0, 10)}`;
const monthOf = (at: Date) => `=m${at.toISOString().slice(0, 7)}`;

/** A UUID in 22 characters. */
function shortened(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

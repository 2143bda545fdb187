import { upcomingBounds } from '@cronium/contracts';

import { noStops, type Stops } from '../calendars/calendar-stops';
import { type FireTimes, fireTimesOf } from './fire-times';
import { jitterOf, plannedRun, type Scheduled } from './timetable';

const minute = 60_000;
const hour = 3_600_000;

/** An event whose schedule goes on from `nextPlannedAt`. */
export type Planned = Scheduled & {
  readonly nextPlannedAt: Date;
  /** What its calendars stop; nothing when it is left out. */
  readonly stops?: Stops;
};

/** A span of time, in milliseconds since 1970; the end is not part of it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Each run, or, of very many, how many in each hour that has any. */
export interface UpcomingRuns {
  readonly runs: readonly Date[];
  readonly hours: readonly { readonly at: Date; readonly count: number }[];
}

/** Pauses before each time that is looked up, so that whoever drives it can let others work, or give up. */
export type Steps<T> = Generator<undefined, T>;

/**
 * The runs of an event in a span. An event with more than `most` is counted by the hour: exactly for intervals; for expressions one hour is
 * counted, since all hours that they name have the same minutes. What a calendar stops is left out; where one begins or ends within an hour
 * that is counted, by the minute.
 */
export function* upcomingRuns(
  event: Planned,
  span: Span,
  most: number = upcomingBounds.runsOfAnEvent,
): Steps<UpcomingRuns> {
  const times = fireTimesOf(event.schedule, event.createdAt.getTime());
  const runs: Date[] = [];
  let left = runsLeft(event);
  const { stops = noStops } = event;
  for (let at = firstPlanned(event, times, span); at !== null && at < span.to && left > 0;) {
    yield;
    const stop = stops(at);
    if (stop) {
      at = stop.until === null ? null : (times(Math.max(at, stop.until - 1))?.at ?? null);
      continue;
    }
    left -= 1;
    const run = plannedRun(event, at).runAt.getTime();
    if (run >= span.from && run < span.to) runs.push(new Date(run));
    if (runs.length > most) return { runs: [], hours: yield* hoursOf(event, times, span) };
    at = times(at)?.at ?? null;
  }
  return { runs: runs.sort((one, other) => one.getTime() - other.getTime()), hours: [] };
}

/** These runs by the hour. */
export function byHour(runs: readonly Date[]): UpcomingRuns['hours'] {
  const counts = new Map<number, number>();
  for (const run of runs) {
    const at = hourOf(run.getTime());
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  return [...counts].map(([at, count]) => ({ at: new Date(at), count }));
}

/** What was planned before `nextPlannedAt` has been taken; what is planned before the span may start in it, by its jitter. */
function firstPlanned(event: Planned, times: FireTimes, { from }: Span): number | null {
  const next = event.nextPlannedAt.getTime();
  const earliest = from - jitterOf(event.schedule);
  // With a maximum, the runs until then count.
  if (next >= earliest || runsLeft(event) < Infinity) return next;
  return times(earliest - 1)?.at ?? null;
}

function runsLeft({ schedule, scheduledRuns }: Planned): number {
  return ('maxExecutions' in schedule ? (schedule.maxExecutions ?? Infinity) : Infinity) - scheduledRuns;
}

function* hoursOf(event: Planned, times: FireTimes, span: Span): Steps<UpcomingRuns['hours']> {
  const { schedule } = event;
  const from = Math.max(span.from, event.nextPlannedAt.getTime());
  const to = 'endAt' in schedule && schedule.endAt ? Math.min(span.to, Date.parse(schedule.endAt)) : span.to;
  const count =
    schedule.kind === 'interval'
      ? countOfInterval(times, schedule.everySeconds * 1000, runsLeft(event))
      : countOfExpression(times);
  const hours: { at: Date; count: number }[] = [];
  for (let at = hourOf(from); at < to; at += hour) {
    const within = { from: Math.max(at, from), to: Math.min(at + hour, to) };
    const runs = yield* countOpen(count, event.stops ?? noStops, within);
    if (runs > 0) hours.push({ at: new Date(at), count: runs });
  }
  return hours;
}

type Count = (within: Span) => Steps<number>;

/** Looks at each quarter of an hour, and at each minute where they differ. */
function* countOpen(count: Count, stops: Stops, { from, to }: Span): Steps<number> {
  const open = startsOf({ from, to }, 15 * minute).filter((at) => !stops(at));
  if (open.length === 0) return 0;
  if (open.length === startsOf({ from, to }, 15 * minute).length) return yield* count({ from, to });
  let sum = 0;
  for (const at of startsOf({ from, to }, minute)) {
    if (!stops(at)) sum += yield* count({ from: at, to: Math.min(at + minute, to) });
  }
  return sum;
}

function startsOf({ from, to }: Span, length: number): number[] {
  return Array.from({ length: Math.ceil((to - from) / length) }, (_, index) => from + index * length);
}

function countOfInterval(times: FireTimes, every: number, left: number): Count {
  let before = 0;
  return function* ({ from, to }) {
    yield;
    const first = times(from - 1)?.at ?? Infinity;
    const count = Math.min(first < to ? Math.ceil((to - first) / every) : 0, left - before);
    before += count;
    return count;
  };
}

/** A whole hour that an expression names has as many runs as any other. */
function countOfExpression(times: FireTimes): Count {
  let ofHour: number | undefined;
  let ofMinute: number | undefined;
  function* inMinute(from: number, to: number): Steps<number> {
    let count = 0;
    for (let at = times(from - 1)?.at; at !== undefined && at < to; at = times(at)?.at) {
      yield;
      count += 1;
    }
    return count;
  }
  return function* ({ from, to }) {
    yield;
    let at = times(from - 1)?.at;
    if (at === undefined || at >= to) return 0;
    const isWhole = to - from === hour;
    if (isWhole && ofHour !== undefined) return ofHour;
    let count = 0;
    while (at !== undefined && at < to) {
      yield;
      const start: number = Math.floor(at / minute) * minute;
      ofMinute ??= yield* inMinute(start, start + minute);
      count += ofMinute;
      at = times(start + minute - 1)?.at;
    }
    if (isWhole) ofHour = count;
    return count;
  };
}

const hourOf = (at: number): number => Math.floor(at / hour) * hour;

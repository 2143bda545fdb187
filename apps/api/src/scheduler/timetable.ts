import { createHash } from 'node:crypto';

import { lateAfterSeconds, type MisfirePolicy, type Schedule } from '@cronium/contracts';

import { noStops, type Stop, type Stops } from '../calendars/calendar-stops';
import { fireTimesOf } from './fire-times';

/** Later than this a run is late: its misfire policy decides. */
const lateAfterMilliseconds = lateAfterSeconds * 1000;
/** Missed runs that are started, or recorded, one by one. */
const missedAtMost = 100;

/** Times of a schedule that are looked at one by one; a schedule by the second that was down for a year is not counted out. */
const walkAtMost = 10_000;
/** Planned times, or stretches of them that a calendar stops, that are looked at to find one that runs. */
export const searchAtMost = 500;

/** What the timetable of an event depends on. */
export interface Scheduled {
  readonly id: string;
  readonly schedule: Schedule;
  readonly createdAt: Date;
  readonly scheduledRuns: number;
  readonly misfirePolicy: MisfirePolicy;
  readonly misfireWindowSeconds: number;
}

/** A time of the schedule, and the same with its jitter. */
export interface PlannedRun {
  readonly plannedAt: Date;
  readonly runAt: Date;
}

/** A planned time that a calendar stops. */
export interface StoppedTime {
  readonly plannedAt: Date;
  readonly by: Stop['by'];
}

/** What is to be done about the runs that are due. */
export interface DueRuns {
  /** To be started, oldest first. */
  readonly start: readonly Date[];
  /** Not to be started, oldest first; of very many the latest. */
  readonly missed: readonly Date[];
  /** Missed ones before those; of very many at least so many. */
  readonly missedBefore: number;
  /** Stopped by a calendar, oldest first; of very many the latest. */
  readonly stopped: readonly StoppedTime[];
  /** Stopped ones before those. */
  readonly stoppedBefore: number;
  readonly next: PlannedRun | null;
}

export interface DueOptions {
  /** What the event's calendars stop; nothing when it is left out. */
  readonly stops?: Stops;
  /** False when none of them may start: then none counts against the maximum. */
  readonly mayStart?: boolean;
}

/** The first run after an instant; null when the schedule is over. */
export function nextRun(event: Scheduled, after: Date): PlannedRun | null {
  const { schedule } = event;
  if ('maxExecutions' in schedule && event.scheduledRuns >= (schedule.maxExecutions ?? Infinity)) return null;
  const time = fireTimesOf(schedule, event.createdAt.getTime())(after.getTime());
  return time && plannedRun(event, time.at);
}

/**
 * The first run, from this one on, that calendars let through; null when there is none, or none among as many as are looked at.
 */
export function firstOpenRun(event: Scheduled, run: PlannedRun, stops: Stops): PlannedRun | null {
  const times = fireTimesOf(event.schedule, event.createdAt.getTime());
  let at: number | undefined = run.plannedAt.getTime();
  for (let looked = 0; at !== undefined && looked < searchAtMost; looked += 1) {
    const stop = stops(at);
    if (!stop) return plannedRun(event, at);
    if (stop.until === null) return null;
    at = times(Math.max(at, stop.until - 1))?.at;
  }
  return null;
}

/** When a planned time starts: with its jitter. */
export function runTimeOf(event: Scheduled, plannedAt: Date): Date {
  return plannedRun(event, plannedAt.getTime()).runAt;
}

/**
 * Decides about the runs that were planned from `first` on and are due at `now`: what a calendar stops is left out; one that is on time
 * starts; of those that are late the misfire policy starts none, one or all, within its window.
 */
export function dueRuns(event: Scheduled, first: Date, now: Date, options: DueOptions = {}): DueRuns {
  const { stops = noStops, mayStart = true } = options;
  const { open, openCount, stopped, stoppedCount, upcoming } = walk(
    event,
    first.getTime(),
    now.getTime(),
    stops,
  );
  const onTime = open.filter((at) => !isLate(event, at, now));
  const inWindow = open.filter(
    (at) => isLate(event, at, now) && now.getTime() - at <= event.misfireWindowSeconds * 1000,
  );
  const madeUp = latest(inWindow, madeUpAtMost(event.misfirePolicy, onTime.length > 0));
  const allowed = mayStart ? allowedRuns(event) : Infinity;
  const start = [...madeUp, ...onTime].slice(0, allowed);
  const isOver = start.length >= allowed;
  const missed = isOver
    ? []
    : latest(
        open.filter((at) => isLate(event, at, now) && !start.includes(at)),
        missedAtMost,
      );
  const end = isOver ? (start.at(-1) ?? -Infinity) : Infinity;
  return {
    start: start.map((at) => new Date(at)),
    missed: missed.map((at) => new Date(at)),
    missedBefore: isOver ? 0 : openCount - onTime.length - madeUp.length - missed.length,
    stopped: stopped.filter(({ plannedAt }) => plannedAt.getTime() < end),
    stoppedBefore: stoppedCount - stopped.length,
    next: upcoming === undefined || isOver ? null : plannedRun(event, upcoming),
  };
}

interface Walk {
  /** The latest of the planned times that no calendar stops. */
  readonly open: number[];
  /** How many there were; of very many: at least. */
  openCount: number;
  /** The latest of those that one stops. */
  readonly stopped: StoppedTime[];
  stoppedCount: number;
  /** The first planned time that is to come. */
  upcoming?: number;
}

/** The planned times until now. */
function walk(event: Scheduled, first: number, now: number, stops: Stops): Walk {
  const times = fireTimesOf(event.schedule, event.createdAt.getTime());
  const walked: Walk = { open: [], openCount: 0, stopped: [], stoppedCount: 0 };
  let upcoming: number | undefined = first;
  // A planned time that is past, whose jitter is not, is still to come.
  while (upcoming !== undefined && plannedRun(event, upcoming).runAt.getTime() <= now) {
    note(walked, upcoming, stops(upcoming));
    const count = walked.openCount + walked.stoppedCount;
    const isFar: boolean = count === walkAtMost && now - upcoming > lateAfterMilliseconds;
    upcoming = times(isFar ? now - lateAfterMilliseconds : upcoming)?.at;
  }
  return upcoming === undefined ? walked : { ...walked, upcoming };
}

function note(walked: Walk, at: number, stop: Stop | null): void {
  if (stop) {
    walked.stoppedCount += 1;
    walked.stopped.push({ plannedAt: new Date(at), by: stop.by });
    if (walked.stopped.length > missedAtMost) walked.stopped.shift();
    return;
  }
  walked.openCount += 1;
  walked.open.push(at);
  if (walked.open.length > 3 * missedAtMost) walked.open.shift();
}

/** `run_once` makes up for the late ones with the one that is on time, if there is. */
function madeUpAtMost(policy: MisfirePolicy, hasOneOnTime: boolean): number {
  switch (policy) {
    case 'skip':
      return 0;
    case 'run_once':
      return hasOneOnTime ? 0 : 1;
    case 'run_all':
      return missedAtMost;
  }
}

function latest(times: readonly number[], count: number): number[] {
  return times.slice(Math.max(0, times.length - count));
}

function isLate(event: Scheduled, at: number, now: Date): boolean {
  return now.getTime() - plannedRun(event, at).runAt.getTime() > lateAfterMilliseconds;
}

function allowedRuns({ schedule, scheduledRuns }: Scheduled): number {
  const most = 'maxExecutions' in schedule ? (schedule.maxExecutions ?? Infinity) : Infinity;
  return Math.max(0, most - scheduledRuns);
}

/** The jitter of a run is always the same, so that what was shown is what happens. */
export function plannedRun({ id, schedule }: Pick<Scheduled, 'id' | 'schedule'>, at: number): PlannedRun {
  const jitter = jitterOf(schedule);
  if (jitter === 0) return { plannedAt: new Date(at), runAt: new Date(at) };
  const share = createHash('sha256').update(`${id} ${at}`).digest().readUInt32BE() / 2 ** 32;
  return { plannedAt: new Date(at), runAt: new Date(at + Math.floor(jitter * share)) };
}

/** The most that a run is shifted, in milliseconds. */
export function jitterOf(schedule: Schedule): number {
  return 'jitterSeconds' in schedule ? schedule.jitterSeconds * 1000 : 0;
}

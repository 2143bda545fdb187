import type { Schedule } from '@cronium/contracts';
import { Cron } from 'croner';
import { Temporal } from 'temporal-polyfill';

import { firstUnseenAfter, instantOf, type PlacedTime } from './wall-clock';

/** A schedule that cannot be followed; the message is for the person who wrote it. */
export class ScheduleError extends Error {
  constructor(
    /** Path within the schedule. */
    readonly path: 'expression' | 'at',
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'ScheduleError';
  }
}

/** The first planned time after an instant (milliseconds since 1970); null when the schedule is over. */
export type FireTimes = (after: number) => PlacedTime | null;

/**
 * When a schedule runs, before jitter. Cron expressions mean the clock of their time zone, intervals mean elapsed time.
 *
 * @param anchor of an interval that names none, in milliseconds since 1970
 * @throws ScheduleError when the expression is none, or never comes true
 */
export function fireTimesOf(schedule: Schedule, anchor: number): FireTimes {
  switch (schedule.kind) {
    case 'manual':
      return () => null;
    case 'once': {
      const time = onceTime(schedule);
      return (after) => (time.at > after ? time : null);
    }
    case 'interval': {
      const start = schedule.anchorAt === undefined ? anchor : Date.parse(schedule.anchorAt);
      return within(schedule, intervalTimes(start, schedule.everySeconds * 1000));
    }
    case 'cron':
      return within(schedule, cronTimes(schedule.expression, schedule.timezone));
  }
}

/** A time with an offset is an instant; one without stands on the clock of the zone. */
export function onceTime({ at, timezone }: Extract<Schedule, { kind: 'once' }>): PlacedTime {
  if (/(Z|[+-]\d\d:?\d\d)$/i.test(at)) return { at: Date.parse(at), mark: null };
  return instantOf(Temporal.PlainDateTime.from(at), timezone);
}

function intervalTimes(anchor: number, every: number): FireTimes {
  return (after) => ({
    at: after < anchor ? anchor : anchor + (Math.floor((after - anchor) / every) + 1) * every,
    mark: null,
  });
}

/** Croner finds the times on a clock that never changes; where they are in real time is decided by the zone. */
function cronTimes(expression: string, timezone: string): FireTimes {
  const cron = cronOf(expression);
  return (after) => {
    let wall = firstUnseenAfter(after, timezone);
    for (;;) {
      const next = cron.nextRun(new Date(wall.toZonedDateTime('UTC').epochMilliseconds));
      if (!next) return null;
      wall = Temporal.Instant.fromEpochMilliseconds(next.getTime())
        .toZonedDateTimeISO('UTC')
        .toPlainDateTime();
      const time = instantOf(wall, timezone);
      if (time.at > after) return time;
    }
  };
}

/** Expressions that were parsed, the last used at the end: a claim does not parse again what a save has checked. */
const parsed = new Map<string, Cron>();
const parsedAtMost = 1_000;

function cronOf(expression: string): Cron {
  const cron = parsed.get(expression) ?? parseCron(expression);
  parsed.delete(expression);
  parsed.set(expression, cron);
  const [oldest] = parsed.keys();
  if (oldest !== undefined && parsed.size > parsedAtMost) parsed.delete(oldest);
  return cron;
}

function parseCron(expression: string): Cron {
  let cron: Cron;
  try {
    cron = new Cron(expression, { timezone: 'UTC', mode: '5-or-6-parts', sloppyRanges: true, paused: true });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^CronPattern: /, '') : String(cause);
    throw new ScheduleError('expression', `This is not a cron expression: ${why}`, { cause });
  }
  if (cron.nextRun() === null) {
    throw new ScheduleError('expression', 'This time never comes: no date matches the expression.');
  }
  return cron;
}

function within({ startAt, endAt }: { startAt?: string; endAt?: string }, times: FireTimes): FireTimes {
  const start = startAt === undefined ? -Infinity : Date.parse(startAt);
  const end = endAt === undefined ? Infinity : Date.parse(endAt);
  return (after) => {
    const time = times(Math.max(after, start - 1));
    return time && time.at < end ? time : null;
  };
}

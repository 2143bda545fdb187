import { isDeepStrictEqual } from 'node:util';

import type { Schedule } from '@cronium/contracts';

import type { Stops } from '../calendars/calendar-stops';
import { DomainError } from '../http/domain-error';
import { onceTime, ScheduleError } from './fire-times';
import { firstOpenRun, nextRun, type PlannedRun, type Scheduled } from './timetable';

/** The columns of an event that say when it runs next. */
export interface Plan {
  readonly nextPlannedAt: Date | null;
  readonly nextRunAt: Date | null;
  /** The first run that its calendars let through. */
  readonly nextOpenRunAt: Date | null;
}

export function toPlan(event: Scheduled, run: PlannedRun | null, stops: Stops): Plan {
  if (!run) return { nextPlannedAt: null, nextRunAt: null, nextOpenRunAt: null };
  const { plannedAt, runAt } = run;
  return {
    nextPlannedAt: plannedAt,
    nextRunAt: runAt,
    nextOpenRunAt: firstOpenRun(event, run, stops)?.runAt ?? null,
  };
}

/** The plan of an event whose calendars have changed: its planned times stay. */
export function planAnew(event: Scheduled, planned: Omit<Plan, 'nextOpenRunAt'>, stops: Stops): Plan {
  const { nextPlannedAt: plannedAt, nextRunAt: runAt } = planned;
  return toPlan(event, plannedAt && runAt && { plannedAt, runAt }, stops);
}

/**
 * The plan of an event whose schedule is being saved.
 *
 * @throws DomainError that names the field when the schedule cannot be followed, or its only time has passed
 */
export function planFrom(event: Scheduled, now: Date, stops: Stops): Plan {
  return refusing(() => {
    const run = nextRun(event, now);
    if (!run && event.schedule.kind === 'once') throw new ScheduleError('at', 'This time has passed.');
    return toPlan(event, run, stops);
  });
}

/** Turns a schedule's error into the answer of a request, in whose body the schedule is `schedule`. */
export function refusing<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ScheduleError)) throw error;
    const { message } = error;
    throw new DomainError('invalid', 'schedule_invalid', message, [
      { path: `body.schedule.${error.path}`, message },
    ]);
  }
}

/** Whether the plan stays: a save that does not touch the schedule leaves it alone. One time may be written in two ways. */
export function isSameSchedule(one: Schedule, other: Schedule): boolean {
  if (one.kind === 'once' && other.kind === 'once') return onceTime(one).at === onceTime(other).at;
  return isDeepStrictEqual(present(one), present(other));
}

function present(schedule: Schedule): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(schedule).filter(([, value]: [string, unknown]) => value !== undefined),
  );
}

import { setImmediate } from 'node:timers/promises';

import { type Upcoming, upcomingBounds, type UpcomingEvent, type UpcomingQuery } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Caller } from '../auth/policy';
import { CalendarLookup } from '../calendars/calendar-lookup';
import { stopsOf } from '../calendars/calendar-stops';
import { type PlannedEvent, PlannedEvents } from '../events/planned-events';
import { ServersService } from '../servers/servers.service';
import { describeSchedule } from './describe-schedule';
import { ScheduleError } from './fire-times';
import {
  byHour,
  type Planned,
  type Span,
  type Steps,
  upcomingRuns,
  type UpcomingRuns,
} from './upcoming-runs';

/** After so long others get their turn: requests, and the heartbeats of jobs. A step takes a third of a millisecond or less. */
const sliceMilliseconds = 10;
/** Times looked up for one event, and for one request: five seconds of computing, in slices. */
const stepsOfAnEvent = 2_000;
const stepsOfARequest = 15_000;

/** Says what is planned to run, for a calendar. */
@Injectable()
export class UpcomingService {
  /** One request after the other: together they would take the processor from everything else. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly events: PlannedEvents,
    private readonly servers: ServersService,
    private readonly calendars: CalendarLookup,
    private readonly database: DataSource,
  ) {}

  async upcoming(caller: Caller, { from, to, eventId }: UpcomingQuery, now: Date): Promise<Upcoming> {
    const span = { from: Math.max(Date.parse(from), now.getTime()), to: Date.parse(to) };
    const filter = { before: new Date(span.to), eventId };
    const { events, count } = await this.events.list(caller, filter, upcomingBounds.events);
    const calendars = await this.calendars.ofEvents(
      this.database.manager,
      events.map(({ shown }) => shown.id),
    );
    const kept = events.map(({ scheduled, shown }) => ({
      shown,
      scheduled: { ...scheduled, stops: stopsOf(calendars.get(shown.id) ?? []) },
    }));
    const planned = await this.inTurn(() => plannedIn(span, kept));
    const shown = planned.flatMap(({ event }) => (event ? [event] : []));
    const serverIds = new Set(shown.flatMap(({ servers }) => servers.map(({ id }) => id)));
    return {
      from: new Date(Date.parse(from)).toISOString(),
      to: new Date(span.to).toISOString(),
      events: shown,
      servers: await this.servers.capacities([...serverIds]),
      omittedEvents: count - events.length + planned.filter(({ isOmitted }) => isOmitted).length,
    };
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = this.last.then(act);
    this.last = turn.catch(() => undefined); // whoever asked hears of it
    return turn;
  }
}

/** An event of the answer; null when it has no run in the time, or when it is left out. */
interface Outcome {
  readonly event: UpcomingEvent | null;
  readonly isOmitted: boolean;
}

async function plannedIn(
  span: Span,
  events: readonly { readonly scheduled: Planned; readonly shown: PlannedEvent['shown'] }[],
): Promise<Outcome[]> {
  const pace = new Pace(stepsOfARequest);
  let left: number = upcomingBounds.runs;
  const outcomes: Outcome[] = [];
  for (const { scheduled, shown } of events) {
    const planned = span.from < span.to ? await pace.drive(upcomingRuns(scheduled, span)) : none;
    if (planned === null) {
      outcomes.push({ event: null, isOmitted: true });
      continue;
    }
    const { runs, hours } = planned.runs.length > left ? { runs: [], hours: byHour(planned.runs) } : planned;
    left -= runs.length;
    const isEmpty = runs.length === 0 && hours.length === 0;
    outcomes.push({ event: isEmpty ? null : toUpcoming(shown, { runs, hours }), isOmitted: false });
  }
  return outcomes;
}

const none: UpcomingRuns = { runs: [], hours: [] };

function toUpcoming(shown: PlannedEvent['shown'], { runs, hours }: UpcomingRuns): UpcomingEvent {
  return {
    ...shown,
    description: describeSchedule(shown.schedule),
    runs: runs.map((at) => at.toISOString()),
    hours: hours.map(({ at, count }) => ({ at: at.toISOString(), count })),
  };
}

/** Drives computations in slices, within a number of steps for all of them. */
class Pace {
  private since = performance.now();

  constructor(private left: number) {}

  /** Null when it takes too many steps, or the schedule cannot be followed. */
  async drive<T>(steps: Steps<T>): Promise<T | null> {
    try {
      for (let taken = 0; taken < stepsOfAnEvent && this.left > 0; taken += 1, this.left -= 1) {
        const step = steps.next();
        if (step.done) return step.value;
        if (performance.now() - this.since > sliceMilliseconds) {
          await setImmediate();
          this.since = performance.now();
        }
      }
      return null;
    } catch (error) {
      if (error instanceof ScheduleError) return null;
      throw error;
    }
  }
}

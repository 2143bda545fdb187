import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { roleMay } from '../auth/policy';
import { CalendarLookup } from '../calendars/calendar-lookup';
import { type Stops, stopsOf } from '../calendars/calendar-stops';
import type { Plan } from '../scheduler/plan';
import type { Scheduled } from '../scheduler/timetable';
import { UsersService } from '../users/users.service';
import { Event } from './event.entity';
import type { EventRelations } from './event.mapper';
import type { EventVersion } from './event-version.entity';
import { EventsRepository } from './events.repository';
import type { Owner, RunnableEvent } from './runnable-event';

/** An event whose schedule has a next run. */
export interface ScheduledEvent extends Scheduled {
  readonly nextPlannedAt: Date;
  readonly nextRunAt: Date;
  readonly ownerMayRun: boolean;
  readonly runnable: RunnableEvent;
  /** What its calendars stop, as they were at `calendarChanges`. */
  readonly stops: Stops;
  readonly calendarChanges: number;
}

/** That the due runs of an event are taken, and what is planned next. */
export interface Claim {
  /** As it was read. */
  readonly event: Pick<ScheduledEvent, 'id' | 'nextRunAt' | 'calendarChanges'>;
  readonly plan: Plan;
  /** How many of them are started, against its maximum. */
  readonly started: number;
}

export interface DueEvents {
  readonly now: Date;
  readonly ids: readonly string[];
  /** Null when nothing is planned. */
  readonly nextInMilliseconds: number | null;
}

/** Events as their schedules start them. */
@Injectable()
export class ScheduledEvents {
  constructor(
    private readonly database: DataSource,
    private readonly repository: EventsRepository,
    private readonly calendars: CalendarLookup,
    private readonly users: UsersService,
  ) {}

  /** Ids of the events whose schedule is due, longest due first, and how long until the next is, by the database's clock. */
  async due(limit: number): Promise<DueEvents> {
    const [row] = await this.database.query<{ now: Date; ids: string[] | null; next: Date | null }[]>(
      `SELECT now() AS now,
              (SELECT array_agg(id) FROM (SELECT id FROM events WHERE next_run_at <= now() AND NOT paused ORDER BY next_run_at LIMIT $1) due) AS ids,
              (SELECT min(next_run_at) FROM events WHERE next_run_at > now() AND NOT paused) AS next`,
      [limit],
    );
    if (!row) throw new Error('The database did not answer.');
    const { now, ids, next } = row;
    return { now, ids: ids ?? [], nextInMilliseconds: next && next.getTime() - now.getTime() };
  }

  /** Events as their schedules start them: in their owners' names. Those for which nothing is planned any more are left out. */
  async read(ids: readonly string[]): Promise<ScheduledEvent[]> {
    const manager = this.database.manager;
    const events = await manager
      .createQueryBuilder(Event, 'event')
      .where('event.id = ANY(:ids)', { ids })
      .getMany();
    const [owners, versions, relations, calendars] = await Promise.all([
      this.users.findAllActive(events.map(({ ownerId }) => ownerId)),
      this.repository.presentVersionsOf(ids),
      this.repository.relationsOf(ids),
      // After the events: were they changed since, the claim fails.
      this.calendars.ofEvents(manager, ids),
    ]);
    return events.flatMap((event) => {
      const { id, ownerId, nextPlannedAt, nextRunAt, calendarChanges } = event;
      const version = versions.get(id);
      // Without a version it was deleted meanwhile.
      if (!nextPlannedAt || !nextRunAt || event.paused || !version) return [];
      const owner = owners.get(ownerId);
      return {
        ...scheduledOf(event),
        nextPlannedAt,
        nextRunAt,
        ownerMayRun: owner !== undefined && roleMay(owner.role, 'event.run'),
        runnable: toRunnable(
          event,
          { id: ownerId, role: owner?.role ?? 'VIEWER' },
          version,
          relations.get(id),
        ),
        stops: stopsOf(calendars.get(id) ?? []),
        calendarChanges,
      };
    });
  }

  /**
   * Takes the runs that were planned, and plans the next. Locked in the order of their ids, so that two processes do not wait for each other.
   *
   * @returns ids of the events whose runs nobody else has taken, and whose calendars are as they were read
   */
  async claim(transaction: EntityManager, claims: readonly Claim[]): Promise<ReadonlySet<string>> {
    const [rows] = await transaction.query<[{ id: string }[], number]>(
      `WITH given AS (
         SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::int[])
             AS given(id, seen, calendar_changes, next_planned_at, next_run_at, next_open_run_at, started)),
       mine AS (SELECT id FROM events WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE)
       UPDATE events event
          SET next_planned_at = given.next_planned_at, next_run_at = given.next_run_at, next_open_run_at = given.next_open_run_at,
              scheduled_runs = event.scheduled_runs + given.started
         FROM given JOIN mine ON mine.id = given.id
        WHERE event.id = given.id AND event.next_run_at = given.seen AND event.calendar_changes = given.calendar_changes
          AND NOT event.paused
       RETURNING event.id`,
      [
        claims.map(({ event }) => event.id),
        claims.map(({ event }) => event.nextRunAt),
        claims.map(({ event }) => event.calendarChanges),
        claims.map(({ plan }) => plan.nextPlannedAt),
        claims.map(({ plan }) => plan.nextRunAt),
        claims.map(({ plan }) => plan.nextOpenRunAt),
        claims.map(({ started }) => started),
      ],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

function toRunnable(
  event: Event,
  owner: Owner,
  version: Pick<EventVersion, 'id' | 'type'>,
  relations: EventRelations | undefined,
): RunnableEvent {
  return {
    versionId: version.id,
    name: event.name,
    type: version.type,
    owner,
    serverIds: relations?.servers.map((server) => server.id) ?? [],
    serverTag: event.serverTag,
    targetStrategy: event.targetStrategy,
    overlap: event,
    joining: event,
    priority: event.priority,
  };
}

/** What the timetable of an event depends on. */
export function scheduledOf(event: Event): Scheduled {
  const { id, schedule, createdAt, scheduledRuns, misfirePolicy, misfireWindowSeconds } = event;
  return { id, schedule, createdAt, scheduledRuns, misfirePolicy, misfireWindowSeconds };
}

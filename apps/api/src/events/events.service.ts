import { isDeepStrictEqual } from 'node:util';

import type {
  CreateEvent,
  Event as EventDto,
  EventQuery,
  EventSummary,
  EventType,
  Priority,
  Page,
  Schedule,
  TargetStrategy,
  UpdateEvent,
} from '@cronium/contracts';
import { isLoaderVariable } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { type Caller, mayAccessOwned, ownerFilter, roleMay } from '../auth/policy';
import { CalendarLookup } from '../calendars/calendar-lookup';
import { type Stops, stopsOf } from '../calendars/calendar-stops';
import { Notifications } from '../database/notifications';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { isSameSchedule, type Plan, planAnew, planFrom } from '../scheduler/plan';
import type { Scheduled } from '../scheduler/timetable';
import { SecretsService } from '../secrets/secrets.service';
import { ServersService, type UsableServer } from '../servers/servers.service';
import { localExecutionId } from '../servers/local-execution';
import { UsersService } from '../users/users.service';
import { Event } from './event.entity';
import { type EventRelations, toEventDto, toEventSummary } from './event.mapper';
import { EventCalendar } from './event-calendar.entity';
import { EventServer } from './event-server.entity';
import { heldBy, recordVersion } from './event-snapshot';
import { EventVersion } from './event-version.entity';
import { EventsRepository } from './events.repository';
import { storeEnvironment, type StoredEnvironmentEntry } from './stored-environment';

/** An event at its present version, ready to be started. */
export interface RunnableEvent {
  readonly versionId: string;
  readonly name: string;
  readonly type: EventType;
  /** Whose access to servers counts, whoever triggers the event. */
  readonly owner: Owner;
  readonly serverIds: readonly string[];
  readonly serverTag: string | null;
  readonly targetStrategy: TargetStrategy;
  readonly overlap: OverlapRule;
  readonly joining: JoinRule;
  readonly priority: Priority;
}

/** Columns of an event that say how its executions stand to each other. */
export type OverlapRule = Pick<Event, 'overlapPolicy' | 'maxConcurrentExecutions' | 'maxQueuedExecutions'>;

/** Columns of an event that say which triggers share an execution. */
export type JoinRule = Pick<Event, 'debounceSeconds' | 'coalesce'>;

type Owner = Pick<Caller, 'id' | 'role'>;

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

/** What is known of a saved event when its schedule is previewed. */
export interface PreviewBasis {
  /** Of an interval that names none. */
  readonly anchor: Date;
  /** Against its maximum. */
  readonly runsSoFar: number;
}

export interface DueEvents {
  readonly now: Date;
  readonly ids: readonly string[];
  /** Null when nothing is planned. */
  readonly nextInMilliseconds: number | null;
}

@Injectable()
export class EventsService {
  constructor(
    private readonly database: DataSource,
    private readonly repository: EventsRepository,
    private readonly servers: ServersService,
    private readonly calendars: CalendarLookup,
    private readonly users: UsersService,
    private readonly secrets: SecretsService,
    private readonly notifications: Notifications,
  ) {}

  async list(caller: Caller, query: EventQuery): Promise<Page<EventSummary>> {
    const rows = await this.repository.list(ownerFilter(caller), query, decodeCursor(query.cursor));
    const page = toPage(rows, query.limit, (event) => ({ at: event.updatedAt, id: event.id }));
    const ids = page.items.map((event) => event.id);
    const [relations, lastExecutions] = await Promise.all([
      this.repository.relationsOf(ids),
      this.repository.lastExecutionsOf(ids),
    ]);
    // A row without relations was deleted between the two statements.
    const items = page.items.flatMap((event) => {
      const related = relations.get(event.id);
      return related ? [toEventSummary(event, related, lastExecutions.get(event.id) ?? null)] : [];
    });
    return { ...page, items };
  }

  async get(caller: Caller, id: string): Promise<EventDto> {
    return this.read(await this.find(this.database.manager, caller, id));
  }

  /** @throws DomainError `event_not_found` when there is none that the caller may see */
  async assertMayAccess(caller: Caller, id: string): Promise<void> {
    await this.find(this.database.manager, caller, id);
  }

  async create(caller: Caller, details: CreateEvent): Promise<EventDto> {
    const { serverIds: chosen, environment, calendarIds, note, ...fields } = details;
    const serverIds = chosen ?? (details.serverTag === null ? [localExecutionId] : []);
    refuseLoaderVariables(environment, await this.servers.usable(caller, serverIds));
    const id = uuid();
    const createdAt = new Date();
    const event = await this.database.transaction(async (transaction) => {
      const stops = stopsOf(await this.calendars.usable(transaction, caller, calendarIds));
      const saved = await transaction.save(Event, {
        ...fields,
        id,
        ownerId: caller.id,
        version: 1,
        environment: storeEnvironment(this.secrets, id, environment, []),
        createdAt,
        ...planFrom({ ...fields, id, createdAt, scheduledRuns: 0 }, createdAt, stops),
      });
      await replaceServers(transaction, id, serverIds);
      await replaceCalendars(transaction, id, calendarIds);
      await recordVersion(transaction, saved, caller, note);
      if (saved.nextRunAt) await this.notifications.publish(transaction, { kind: 'schedule.changed' });
      return saved;
    });
    return this.read(event);
  }

  /**
   * A save that changes nothing makes no version. A secret that is given is a change, also with the value that it has: otherwise the
   * answer would tell who guesses it.
   *
   * @param secretsOf where the values of secrets are that the change keeps; the event itself when it is left out
   */
  async update(
    caller: Caller,
    id: string,
    change: UpdateEvent,
    secretsOf?: readonly StoredEnvironmentEntry[],
  ): Promise<EventDto> {
    const { serverIds, environment, version, note, calendarIds: keptTo, ...fields } = change;
    const event = await this.database.transaction(async (transaction) => {
      const present = await this.find(transaction, caller, id, true);
      const before = await heldBy(transaction, present);
      if (version !== undefined && version !== present.version) {
        throw new DomainError(
          'conflict',
          'version_conflict',
          `The event was saved as version ${present.version} since you read version ${version}. Load it again, then repeat your change.`,
        );
      }
      const calendarIds = keptTo && (await changedCalendars(transaction, id, keptTo));
      if (fields.schedule ?? calendarIds) {
        await this.planChanged(transaction, present, fields.schedule ?? present.schedule, calendarIds);
      }
      Object.assign(present, fields, {
        ...(environment && {
          environment: storeEnvironment(this.secrets, id, environment, secretsOf ?? present.environment),
        }),
      });
      if (serverIds ?? environment) await this.refuseOnSsh(transaction, present, serverIds);
      if (serverIds) await replaceServers(transaction, id, serverIds);
      if (calendarIds) await replaceCalendars(transaction, id, calendarIds);
      await this.requireTarget(transaction, present);
      if (isDeepStrictEqual(before, await heldBy(transaction, present))) return present;
      present.version += 1;
      const saved = await transaction.save(Event, present);
      await recordVersion(transaction, saved, caller, note);
      if (saved.nextRunAt) await this.notifications.publish(transaction, { kind: 'schedule.changed' });
      // More of its executions may be allowed to start by now.
      await this.notifications.publish(transaction, { kind: 'job.queued' });
      return saved;
    });
    return this.read(event);
  }

  /**
   * What an execution takes from an event the caller may run.
   *
   * @param version an earlier one instead of the present
   */
  async runnable(caller: Caller, id: string, version?: number): Promise<RunnableEvent> {
    const found = await this.repository.runnable(id, version);
    if (!found || !mayAccessOwned(caller, { ownerId: found.owner.id })) throw notFound('event', id);
    if (!found.isOwnerActive) throw ownerDisabled();
    return found;
  }

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
  async scheduled(ids: readonly string[]): Promise<ScheduledEvent[]> {
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

  /** What a preview of this event's schedule begins with: another schedule has not run yet. */
  async previewBasis(caller: Caller, id: string, schedule: Schedule): Promise<PreviewBasis> {
    const { createdAt, scheduledRuns, schedule: saved } = await this.find(this.database.manager, caller, id);
    return { anchor: createdAt, runsSoFar: isSameSchedule(saved, schedule) ? scheduledRuns : 0 };
  }

  /** History stays: executions keep the event's name and the version that ran. */
  async delete(caller: Caller, id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await this.find(transaction, caller, id, true);
      const active = await transaction.query<{ count: number }[]>(
        `SELECT count(*)::int AS count FROM executions
          WHERE event_id = $1 AND state IN ('queued', 'starting', 'running')`,
        [id],
      );
      if ((active[0]?.count ?? 0) > 0) {
        throw new DomainError(
          'conflict',
          'event_running',
          'The event is running. Cancel its executions, then delete it.',
        );
      }
      await transaction.delete(Event, id);
    });
  }

  /** Plans an event whose schedule or calendars are being saved: another schedule begins anew, other calendars change what is let through. */
  private async planChanged(
    transaction: EntityManager,
    event: Event,
    schedule: Schedule,
    calendarIds: readonly string[] | undefined,
  ): Promise<void> {
    const calendars = calendarIds
      ? await this.calendars.usable(transaction, await this.ownerOf(event), calendarIds)
      : await this.calendars.ofEvent(transaction, event.id);
    const stops = stopsOf(calendars);
    if (!isSameSchedule(schedule, event.schedule)) {
      event.scheduledRuns = 0;
      Object.assign(event, planFrom({ ...scheduledOf(event), schedule }, new Date(), stops));
    } else if (calendarIds) {
      Object.assign(event, planAnew(scheduledOf(event), event, stops));
    }
    if (calendarIds) event.calendarChanges += 1;
  }

  /** @throws DomainError when the owner may not sign in any more: then nothing runs in their name */
  private async ownerOf(event: Event): Promise<Owner> {
    const owner = await this.users.findActive(event.ownerId);
    if (owner) return owner;
    throw ownerDisabled();
  }

  /** Of the change and what stays together. */
  private async requireTarget(transaction: EntityManager, event: Event): Promise<void> {
    const servers = await transaction.countBy(EventServer, { eventId: event.id });
    if ((event.serverTag === null) === servers > 0) return;
    const message =
      servers > 0 ? 'Choose servers or a tag, not both.' : 'Choose at least one server, or a tag.';
    const path = servers > 0 ? 'body.serverTag' : 'body.serverIds';
    throw new DomainError('invalid', 'target_invalid', message, [{ path, message }]);
  }

  /** Checks the servers of a changed event together with its environment. */
  private async refuseOnSsh(
    transaction: EntityManager,
    event: Event,
    changed: readonly string[] | undefined,
  ): Promise<void> {
    const owner = await this.ownerOf(event);
    if (changed) {
      refuseLoaderVariables(event.environment, await this.servers.usable(owner, changed));
      return;
    }
    const chosen = await transaction.findBy(EventServer, { eventId: event.id });
    const ids = chosen.map(({ serverId }) => serverId);
    refuseLoaderVariables(event.environment, await this.servers.usableAmong(owner, ids));
  }

  private async read(event: Event): Promise<EventDto> {
    const relations = (await this.repository.relationsOf([event.id])).get(event.id);
    if (!relations) throw notFound('event', event.id);
    return toEventDto(event, relations);
  }

  private async find(manager: EntityManager, caller: Caller, id: string, lock = false): Promise<Event> {
    const event = await manager.findOne(Event, {
      where: { id },
      ...(lock ? { lock: { mode: 'pessimistic_write' } } : {}),
    });
    if (!event || !mayAccessOwned(caller, event)) throw notFound('event', id);
    return event;
  }
}

function ownerDisabled(): DomainError {
  return new DomainError(
    'conflict',
    'owner_disabled',
    'The owner of this event is disabled; it does not run.',
  );
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

/** On a host that jobs share with others, an environment must not change how processes are loaded. */
function refuseLoaderVariables(
  environment: readonly { key: string }[],
  servers: readonly UsableServer[],
): void {
  const ssh = servers.find(({ type }) => type === 'ssh');
  const index = environment.findIndex(({ key }) => isLoaderVariable(key));
  if (!ssh || index === -1) return;
  const message = `${environment[index]?.key ?? ''} changes how processes are loaded; it is not allowed on ssh servers like “${ssh.name}”.`;
  throw new DomainError('invalid', 'environment_refused', message, [
    { path: `body.environment.${index}.key`, message },
  ]);
}

async function replaceServers(
  transaction: EntityManager,
  eventId: string,
  serverIds: readonly string[],
): Promise<void> {
  await transaction.delete(EventServer, { eventId });
  await transaction.insert(
    EventServer,
    serverIds.map((serverId, position) => ({ eventId, serverId, position })),
  );
}

/** Undefined when the event keeps to these already. */
async function changedCalendars(
  transaction: EntityManager,
  eventId: string,
  calendarIds: readonly string[],
): Promise<readonly string[] | undefined> {
  const present = await transaction.find(EventCalendar, { where: { eventId }, order: { position: 'ASC' } });
  const presentIds = present.map(({ calendarId }) => calendarId);
  return isDeepStrictEqual(presentIds, calendarIds) ? undefined : calendarIds;
}

async function replaceCalendars(
  transaction: EntityManager,
  eventId: string,
  calendarIds: readonly string[],
): Promise<void> {
  await transaction.delete(EventCalendar, { eventId });
  if (calendarIds.length === 0) return;
  await transaction.insert(
    EventCalendar,
    calendarIds.map((calendarId, position) => ({ eventId, calendarId, position })),
  );
}

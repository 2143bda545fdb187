import { isDeepStrictEqual } from 'node:util';

import type {
  CreateEvent,
  Event as EventDto,
  EventQuery,
  EventSummary,
  Page,
  Schedule,
  UpdateEvent,
} from '@cronium/contracts';
import { isLoaderVariable } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { type Caller, mayAccessOwned, ownerFilter } from '../auth/policy';
import { CalendarLookup } from '../calendars/calendar-lookup';
import { stopsOf } from '../calendars/calendar-stops';
import { Notifications } from '../database/notifications';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { isSameSchedule, planAnew, planFrom } from '../scheduler/plan';
import { SecretsService } from '../secrets/secrets.service';
import { ServersService, type UsableServer } from '../servers/servers.service';
import { localExecutionId } from '../servers/local-execution';
import { UsersService } from '../users/users.service';
import { Event } from './event.entity';
import { toEventDto, toEventSummary } from './event.mapper';
import { EventCalendar } from './event-calendar.entity';
import { EventServer } from './event-server.entity';
import { heldBy, recordVersion } from './event-snapshot';
import { EventsRepository } from './events.repository';
import type { Owner, RunnableEvent } from './runnable-event';
import { scheduledOf } from './scheduled-events';
import { storeEnvironment, type StoredEnvironmentEntry } from './stored-environment';

/** What is known of a saved event when its schedule is previewed. */
export interface PreviewBasis {
  /** Of an interval that names none. */
  readonly anchor: Date;
  /** Against its maximum. */
  readonly runsSoFar: number;
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

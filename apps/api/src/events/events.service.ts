import type {
  CreateEvent,
  Event as EventDto,
  EventQuery,
  EventSummary,
  EventType,
  Page,
  UpdateEvent,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { type Caller, mayAccessOwned, ownerFilter } from '../auth/policy';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { SecretsService } from '../secrets/secrets.service';
import { ServersService } from '../servers/servers.service';
import { localExecutionId } from '../servers/local-execution';
import { Event } from './event.entity';
import { toEventDto, toEventSummary } from './event.mapper';
import { EventServer } from './event-server.entity';
import { EventVersion } from './event-version.entity';
import { EventsRepository } from './events.repository';
import { storeEnvironment } from './stored-environment';

/** An event at its present version, ready to be started. */
export interface RunnableEvent {
  readonly versionId: string;
  readonly name: string;
  readonly type: EventType;
  readonly ownerId: string;
  readonly serverIds: readonly string[];
}

@Injectable()
export class EventsService {
  constructor(
    private readonly database: DataSource,
    private readonly repository: EventsRepository,
    private readonly servers: ServersService,
    private readonly secrets: SecretsService,
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

  async create(caller: Caller, details: CreateEvent): Promise<EventDto> {
    const { serverIds = [localExecutionId], environment, ...fields } = details;
    await this.servers.usable(caller, serverIds);
    const id = uuid();
    const event = await this.database.transaction(async (transaction) => {
      const saved = await transaction.save(Event, {
        id,
        ...fields,
        ownerId: caller.id,
        version: 1,
        environment: storeEnvironment(this.secrets, id, environment, []),
      });
      await replaceServers(transaction, id, serverIds);
      await recordVersion(transaction, saved, caller);
      return saved;
    });
    return this.read(event);
  }

  async update(caller: Caller, id: string, change: UpdateEvent): Promise<EventDto> {
    const { serverIds, environment, version, ...fields } = change;
    if (serverIds) await this.servers.usable(caller, serverIds);
    const event = await this.database.transaction(async (transaction) => {
      const present = await this.find(transaction, caller, id, true);
      if (version !== undefined && version !== present.version) {
        throw new DomainError(
          'conflict',
          'version_conflict',
          `The event was saved as version ${present.version} since you read version ${version}. Load it again, then repeat your change.`,
        );
      }
      Object.assign(present, fields, {
        version: present.version + 1,
        ...(environment && {
          environment: storeEnvironment(this.secrets, id, environment, present.environment),
        }),
      });
      const saved = await transaction.save(Event, present);
      if (serverIds) await replaceServers(transaction, id, serverIds);
      await recordVersion(transaction, saved, caller);
      return saved;
    });
    return this.read(event);
  }

  /** What an execution takes from an event the caller may run. */
  async runnable(caller: Caller, id: string): Promise<RunnableEvent> {
    const event = await this.find(this.database.manager, caller, id);
    const { version } = event;
    const [versionRow, relations] = await Promise.all([
      this.database
        .getRepository(EventVersion)
        .findOneOrFail({ where: { eventId: id, version }, select: { id: true } }),
      this.repository.relationsOf([id]),
    ]);
    const serverIds = relations.get(id)?.servers.map((server) => server.id) ?? [];
    return {
      versionId: versionRow.id,
      name: event.name,
      type: event.type,
      ownerId: event.ownerId,
      serverIds,
    };
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

async function recordVersion(transaction: EntityManager, event: Event, author: Caller): Promise<void> {
  const { version, type, content, timeoutSeconds, environment, limits } = event;
  await transaction.insert(EventVersion, {
    id: uuid(),
    eventId: event.id,
    createdBy: author.id,
    ...{ version, type, content, timeoutSeconds, environment, limits },
  });
}

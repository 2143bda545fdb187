import type {
  BlockedEvents,
  LocalExecutionAccess,
  Page,
  Server as ServerDto,
  ServerQuery,
  UpdateServer,
  ServerUsageHistory,
  ServerUsageQuery,
} from '@cronium/contracts';
import {
  type ContainerConfig,
  containerConfigSchema,
  type HealthStatus,
  type ResourceUsage,
} from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In } from 'typeorm';

import { AuditService } from '../audit/audit.service';
import { type Caller, isListedFor, mayManageServer, maySeeServer, mayUseServer } from '../auth/policy';
import { Notifications } from '../database/notifications';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { SettingsService } from '../settings/settings.service';
import { Server } from './server.entity';
import { capacityOf, changedContainerConfig, withoutUndefined } from './server-config';
import { ServerEventsRepository } from './server-events.repository';
import { toServerDto } from './server.mapper';
import { ServerHealth } from './server-health';
import { ServerUsageRepository } from './server-usage.repository';
import { type AccessibleServer, ServersRepository } from './servers.repository';

/** A server that events of a user may run on, as other features need it. */
export type UsableServer = Pick<Server, 'id' | 'name' | 'type'> & { readonly maxConcurrentJobs: number };

/** What a server of any type says of jobs that cannot start at once. */
export type QueuePolicy = 'whenUnhealthy' | 'waitMinutes' | 'maxQueuedJobs' | 'whenQueueFull';

type Person = Pick<Caller, 'id' | 'role'>;

@Injectable()
export class ServersService {
  constructor(
    private readonly database: DataSource,
    private readonly repository: ServersRepository,
    private readonly events: ServerEventsRepository,
    private readonly settings: SettingsService,
    private readonly health: ServerHealth,
    private readonly usages: ServerUsageRepository,
    private readonly notifications: Notifications,
    private readonly audit: AuditService,
  ) {}

  /** Own servers, shared ones, and Local Execution if it is allowed, the oldest first; everyone's for an administrator who asks. */
  async list(caller: Caller, { scope, tag, cursor, limit }: ServerQuery): Promise<Page<ServerDto>> {
    if (scope === 'all' && caller.role !== 'ADMIN') {
      throw new DomainError('forbidden', 'forbidden', 'Only administrators may list everyone’s servers.');
    }
    const listedFor = { userId: caller.id, withSystemManaged: await this.listsLocalExecution(caller) };
    const filter = { listedFor: scope === 'all' ? null : listedFor, tag };
    const rows = await this.repository.list(caller.id, filter, limit, decodeCursor(cursor));
    const page = toPage(rows, limit, ({ server }) => ({ at: server.createdAt, id: server.id }));
    return { ...page, items: await this.toDtos(caller, page.items) };
  }

  async get(caller: Caller, id: string): Promise<ServerDto> {
    return this.toDto(caller, await this.visible(caller, id));
  }

  /** Asks the server now. */
  async check(caller: Caller, id: string): Promise<HealthStatus> {
    await this.visible(caller, id);
    return this.health.check(id);
  }

  /** Measures the server now. */
  async usage(caller: Caller, id: string): Promise<ResourceUsage> {
    await this.visible(caller, id);
    return this.health.usage(id);
  }

  /** What its machine used before. */
  async usageHistory(caller: Caller, id: string, { hours }: ServerUsageQuery): Promise<ServerUsageHistory> {
    await this.visible(caller, id);
    return this.usages.history(id, hours);
  }

  /** Changes all but how an ssh host is reached; jobs that run keep what they started with. */
  async update(caller: Caller, id: string, change: UpdateServer): Promise<ServerDto> {
    const { server } = await this.manageable(caller, id);
    this.apply(caller, server, change);
    await this.save(caller, server, Object.keys(change), change.containerConfig !== undefined);
    return this.get(caller, id);
  }

  /**
   * Puts a change into a server that was read; `save` stores it.
   * @throws DomainError when the caller may not make it, or the server cannot be so
   */
  apply(caller: Caller, server: Server, change: UpdateServer): void {
    const { name, description, tags, containerConfig } = change;
    const { whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull } = change;
    if (server.isSystemManaged && name !== undefined && name !== server.name) {
      throw new DomainError(
        'invalid',
        'system_managed',
        `“${server.name}” comes with Cronium and keeps its name.`,
        [{ path: 'body.name', message: 'A system-managed server cannot be renamed.' }],
      );
    }
    Object.assign(
      server,
      withoutUndefined({ name, description, tags, whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull }),
    );
    if (containerConfig)
      server.containerConfig = this.changedContainerConfig(caller, server, containerConfig);
  }

  /** Part of the transaction that changes the settings: the configuration of Local Execution. */
  async configure(
    transaction: EntityManager,
    id: string,
    { containerConfig, ...change }: Pick<UpdateServer, 'containerConfig' | QueuePolicy>,
  ): Promise<void> {
    const server = await transaction.findOneByOrFail(Server, { id });
    Object.assign(server, withoutUndefined(change));
    if (containerConfig) {
      server.containerConfig = changedContainerConfig(server.containerConfig, containerConfig);
      await this.health.forgetFault(transaction, id);
    }
    await transaction.save(Server, server);
    await this.notifications.publish(transaction, { kind: 'server.changed', serverId: id });
  }

  /** How a container server is set up, with every default filled in. */
  async setupOf(id: string, manager: EntityManager): Promise<ContainerConfig & Pick<Server, QueuePolicy>> {
    const { containerConfig, whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull } =
      await manager.findOneByOrFail(Server, { id });
    return {
      ...containerConfigSchema.parse(containerConfig),
      ...{ whenUnhealthy, waitMinutes, maxQueuedJobs, whenQueueFull },
    };
  }

  /** A server that events name is deleted only when the caller knows of them. History keeps its name. */
  async delete(caller: Caller, id: string, confirmed: boolean): Promise<void> {
    const { server } = await this.manageable(caller, id);
    if (server.isSystemManaged) {
      throw new DomainError(
        'invalid',
        'system_managed',
        `“${server.name}” comes with Cronium and cannot be deleted.`,
      );
    }
    await this.database.transaction(async (transaction) => {
      const used = await this.events.on(transaction, id);
      if (used.count > 0 && !confirmed) throw serverInUse(server.name, used);
      await this.refuseWhileBusy(transaction, server);
      await transaction.query('DELETE FROM event_servers WHERE server_id = $1', [id]);
      await transaction.delete(Server, id);
      await this.audit.record(transaction, caller, {
        action: 'server.deleted',
        target: { type: 'server', id, name: server.name },
        details: { events: used.count },
      });
      await this.notifications.publish(transaction, { kind: 'server.changed', serverId: id });
    });
  }

  /** Events that name the server and whose owner may not use it. */
  blockedEvents(
    manager: EntityManager,
    serverId: string,
    access: LocalExecutionAccess,
  ): Promise<BlockedEvents> {
    return this.events.blocked(manager, serverId, access);
  }

  /**
   * The servers with these ids, in their order, if events of this person may run on each of them.
   * @throws DomainError that names the first one that is not there or not theirs
   */
  async usable(person: Person, ids: readonly string[]): Promise<UsableServer[]> {
    const [found, access] = await Promise.all([
      this.repository.findAll(person.id, ids),
      this.settings.get('local_execution_access'),
    ]);
    return ids.map((id, index) => {
      const candidate = found.find(({ server }) => server.id === id);
      if (candidate && mayUseServer(person, candidate.access, access)) return toUsable(candidate.server);
      throw unusable(candidate, person, access, id, index);
    });
  }

  /** Those of these servers that events of this person may run on, in their order. */
  async usableAmong(person: Person, ids: readonly string[]): Promise<UsableServer[]> {
    const [found, access] = await Promise.all([
      this.repository.findAll(person.id, ids),
      this.settings.get('local_execution_access'),
    ]);
    const mine = found.filter((candidate) => mayUseServer(person, candidate.access, access));
    return ids.flatMap((id) =>
      mine.filter(({ server }) => server.id === id).map(({ server }) => toUsable(server)),
    );
  }

  /** How much these servers do at one time, whoever asks: for those who see an event that runs there. */
  async capacities(
    ids: readonly string[],
  ): Promise<Pick<UsableServer, 'id' | 'name' | 'maxConcurrentJobs'>[]> {
    const servers = await this.database.getRepository(Server).findBy({ id: In([...ids]) });
    return servers.map((server) => {
      const { id, name, maxConcurrentJobs } = toUsable(server);
      return { id, name, maxConcurrentJobs };
    });
  }

  /** Jobs that run or wait on each of these servers, by its id. */
  activeJobs(ids: readonly string[]): Promise<Map<string, number>> {
    return this.repository.activeJobs(ids);
  }

  /** The servers with a tag that events of this person may run on, the oldest first. */
  async usableWithTag(person: Person, tag: string): Promise<UsableServer[]> {
    const [found, access] = await Promise.all([
      this.repository.withTag(person.id, tag),
      this.settings.get('local_execution_access'),
    ]);
    return found
      .filter((candidate) => mayUseServer(person, candidate.access, access))
      .map(({ server }) => toUsable(server));
  }

  /** @throws DomainError `server_not_found` when there is none that the caller may see */
  async visible(caller: Caller, id: string): Promise<AccessibleServer> {
    const found = await this.repository.find(caller.id, id);
    const access = await this.settings.get('local_execution_access');
    if (!found || !maySeeServer(caller, found.access, access)) throw notFound('server', id);
    return found;
  }

  /** @throws DomainError when there is none that the caller may see, or they may only use it */
  async manageable(caller: Caller, id: string): Promise<AccessibleServer> {
    const found = await this.visible(caller, id);
    if (mayManageServer(caller, found.access)) return found;
    throw new DomainError(
      'forbidden',
      'manage_required',
      `You may use “${found.server.name}”, not manage it.`,
    );
  }

  /**
   * Stores a changed server, with its audit entry, and tells every process.
   * @param isReachedAnew what was wrong with its health may be mended
   */
  async save(
    caller: Caller,
    server: Server,
    fields: readonly string[],
    isReachedAnew: boolean,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.save(Server, server);
      if (isReachedAnew) await this.health.forgetFault(transaction, server.id);
      await this.audit.record(transaction, caller, {
        action: 'server.changed',
        target: { type: 'server', id: server.id, name: server.name },
        details: { fields },
      });
      await this.notifications.publish(transaction, { kind: 'server.changed', serverId: server.id });
    });
  }

  private changedContainerConfig(
    caller: Caller,
    server: Server,
    change: NonNullable<UpdateServer['containerConfig']>,
  ): unknown {
    if (server.type !== 'container') {
      throw new DomainError(
        'invalid',
        'not_a_container_server',
        `“${server.name}” is not a container server.`,
        [{ path: 'body.containerConfig', message: 'Only a container server has this.' }],
      );
    }
    requireContainerAdministrator(caller);
    return changedContainerConfig(server.containerConfig, change);
  }

  private async refuseWhileBusy(transaction: EntityManager, server: Server): Promise<void> {
    const [active] = await transaction.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM jobs WHERE server_id = $1 AND state IN ('queued', 'starting', 'running')`,
      [server.id],
    );
    if ((active?.count ?? 0) > 0) {
      throw new DomainError(
        'conflict',
        'server_busy',
        `Jobs run or wait on “${server.name}”. Cancel them or wait for their end, then delete it.`,
      );
    }
  }

  private async listsLocalExecution(person: Person): Promise<boolean> {
    const access = await this.settings.get('local_execution_access');
    return isListedFor(person, { isSystemManaged: true, ownerId: null, share: null }, access);
  }

  private async toDto(caller: Caller, found: AccessibleServer): Promise<ServerDto> {
    const [dto] = await this.toDtos(caller, [found]);
    if (!dto) throw notFound('server', found.server.id);
    return dto;
  }

  private async toDtos(caller: Caller, found: readonly AccessibleServer[]): Promise<ServerDto[]> {
    const relations = await this.repository.relationsOf(found.map(({ server }) => server));
    // A row without relations was deleted between the two statements.
    return found.flatMap(({ server, access }) => {
      const related = relations.get(server.id);
      const level = mayManageServer(caller, access) ? 'manage' : 'use';
      return related ? [toServerDto(server, related, level, this.health.last(server.id))] : [];
    });
  }
}

/** @throws DomainError for anybody else: a container server is a machine's, not a person's */
export function requireContainerAdministrator({ role }: Pick<Caller, 'role'>): void {
  if (role === 'ADMIN') return;
  throw new DomainError('forbidden', 'forbidden', 'Only administrators configure container servers.');
}

function toUsable(server: Server): UsableServer {
  const { id, name, type } = server;
  return { id, name, type, maxConcurrentJobs: capacityOf(server).maxConcurrentJobs };
}

/** Says why, as far as the person may know of the server. */
function unusable(
  candidate: AccessibleServer | undefined,
  person: Person,
  access: LocalExecutionAccess,
  id: string,
  index: number,
): DomainError {
  const path = `body.serverIds.${index}`;
  if (candidate?.server.isSystemManaged) {
    const who = access === 'disabled' ? 'turned off' : 'for administrators only';
    const message = `“${candidate.server.name}” is ${who}. Choose another server.`;
    return new DomainError('invalid', 'local_execution_denied', message, [{ path, message }]);
  }
  if (candidate && person.role === 'ADMIN') {
    const message = `“${candidate.server.name}” belongs to another user and is not shared with the event’s owner.`;
    return new DomainError('invalid', 'server_not_shared', message, [{ path, message }]);
  }
  return new DomainError('invalid', 'server_not_found', `There is no server ${id} that you may use.`, [
    { path, message: 'There is no such server that you may use; choose another.' },
  ]);
}

function serverInUse(name: string, used: BlockedEvents): DomainError {
  const names = used.items.slice(0, 10).map((event) => `“${event.name}”`);
  const more = used.count > names.length ? ` and ${used.count - names.length} more` : '';
  return new DomainError(
    'conflict',
    'server_in_use',
    `“${name}” is used by ${names.join(', ')}${more}. Deleting it takes it out of these events; repeat with confirm=true.`,
  );
}

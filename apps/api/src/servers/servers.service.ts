import type { Page, PageQuery, Server as ServerDto, UpdateServer } from '@cronium/contracts';
import { containerConfigSchema, type HealthStatus } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';

import { type Caller, mayUseServer } from '../auth/policy';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { Notifications } from '../database/notifications';
import { SettingsService } from '../settings/settings.service';
import { Server } from './server.entity';
import { toServerDto } from './server.mapper';
import { ServerHealth } from './server-health';

/** A server that the caller may use, as other features need it. */
export type UsableServer = Pick<Server, 'id' | 'name' | 'type'> & { readonly maxConcurrentJobs: number };

@Injectable()
export class ServersService {
  constructor(
    @InjectRepository(Server) private readonly servers: Repository<Server>,
    private readonly settings: SettingsService,
    private readonly health: ServerHealth,
    private readonly notifications: Notifications,
  ) {}

  /** What the caller may use, the system-managed one first. */
  async list(caller: Caller, query: PageQuery): Promise<Page<ServerDto>> {
    const after = decodeCursor(query.cursor);
    const select = this.servers
      .createQueryBuilder('server')
      .orderBy('server.createdAt', 'ASC')
      .addOrderBy('server.id', 'ASC')
      .take(query.limit + 1);
    if (caller.role !== 'ADMIN') {
      select.andWhere('(server.isSystemManaged OR server.ownerId = :caller)', { caller: caller.id });
    }
    if (!(await this.mayUseLocalExecution(caller))) select.andWhere('NOT server.isSystemManaged');
    if (after) select.andWhere('(server.createdAt, server.id) > (:at, :id)', after);
    const page = toPage(await select.getMany(), query.limit, (server) => ({
      at: server.createdAt,
      id: server.id,
    }));
    return { ...page, items: page.items.map((server) => toServerDto(server, this.health.last(server.id))) };
  }

  async get(caller: Caller, id: string): Promise<ServerDto> {
    return toServerDto(await this.find(caller, id), this.health.last(id));
  }

  /** Asks the server now. */
  async check(caller: Caller, id: string): Promise<HealthStatus> {
    await this.find(caller, id);
    return this.health.check(id);
  }

  /** Changes parts of the container configuration; jobs that run keep what they started with. */
  async update(caller: Caller, id: string, change: UpdateServer): Promise<ServerDto> {
    const server = await this.find(caller, id);
    if (server.type !== 'container') {
      throw new DomainError('invalid', 'not_a_container_server', `${server.name} is not a container server.`);
    }
    const present = containerConfigSchema.parse(server.containerConfig);
    server.containerConfig = {
      ...present,
      ...change.containerConfig,
      resourceLimits: { ...present.resourceLimits, ...change.containerConfig.resourceLimits },
      pool: { ...present.pool, ...change.containerConfig.pool },
    };
    await this.servers.manager.transaction(async (transaction) => {
      await transaction.save(server);
      await this.notifications.publish(transaction, { kind: 'server.changed', serverId: id });
    });
    return toServerDto(server, this.health.last(id));
  }

  /**
   * The servers with these ids, in their order, if the caller may use each of them.
   * @throws DomainError `server_not_found` that names the first one that is not there or not theirs
   */
  async usable(caller: Pick<Caller, 'id' | 'role'>, ids: readonly string[]): Promise<UsableServer[]> {
    const [found, access] = await Promise.all([
      this.servers.findBy({ id: In([...ids]) }),
      this.settings.get('local_execution_access'),
    ]);
    return ids.map((id, index) => {
      const server = found.find((candidate) => candidate.id === id);
      if (server && mayUseServer(caller, server, access)) return toUsable(server);
      throw new DomainError('invalid', 'server_not_found', `There is no server ${id} that you may use.`, [
        {
          path: `body.serverIds.${index}`,
          message: 'There is no such server that you may use; choose another.',
        },
      ]);
    });
  }

  private async find(caller: Caller, id: string): Promise<Server> {
    const server = await this.servers.findOneBy({ id });
    const access = await this.settings.get('local_execution_access');
    if (!server || !mayUseServer(caller, server, access)) throw notFound('server', id);
    return server;
  }

  private async mayUseLocalExecution(caller: Caller): Promise<boolean> {
    const access = await this.settings.get('local_execution_access');
    return mayUseServer(caller, { isSystemManaged: true, ownerId: null }, access);
  }
}

function toUsable(server: Server): UsableServer {
  const { id, name, type } = server;
  return {
    id,
    name,
    type,
    maxConcurrentJobs: containerConfigSchema.parse(server.containerConfig).maxConcurrentJobs,
  };
}

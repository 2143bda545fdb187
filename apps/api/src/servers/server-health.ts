import type { HealthStatus } from '@cronium/server-types';
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';

import { ExecutorRegistry } from '../executor/executor-registry';
import { notFound } from '../http/domain-error';
import { Server } from './server.entity';

const checkEveryMilliseconds = 15_000;

/** The last known health of every server, checked in the background and on request. */
@Injectable()
export class ServerHealth implements OnApplicationBootstrap {
  private readonly logger = new Logger(ServerHealth.name);
  private readonly known = new Map<string, HealthStatus>();

  constructor(
    @InjectRepository(Server) private readonly servers: Repository<Server>,
    private readonly executors: ExecutorRegistry,
  ) {}

  onApplicationBootstrap(): Promise<void> {
    return this.checkAll();
  }

  /** Null when the server was not checked yet. */
  last(serverId: string): HealthStatus | null {
    return this.known.get(serverId) ?? null;
  }

  async check(serverId: string): Promise<HealthStatus> {
    const server = await this.servers.findOneBy({ id: serverId });
    if (!server) throw notFound('server', serverId);
    const health = await (await this.executors.get(server)).checkHealth();
    if (health.healthy !== this.known.get(serverId)?.healthy) {
      this.logger.log(
        { server: server.name, healthy: health.healthy, reason: health.reason },
        'A server’s health changed.',
      );
    }
    this.known.set(serverId, health);
    return health;
  }

  @Interval(checkEveryMilliseconds)
  async checkAll(): Promise<void> {
    try {
      const servers = await this.servers.find({ select: { id: true } });
      await Promise.all(servers.map((server) => this.check(server.id)));
    } catch (error) {
      this.logger.warn({ err: error }, 'The health of servers could not be checked; it is tried again.');
    }
  }
}

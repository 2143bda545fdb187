import type { ServerExecutor } from '@cronium/execution';
import type { HealthStatus, ResourceUsage } from '@cronium/server-types';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Subscription } from 'rxjs';
import { type EntityManager, Repository } from 'typeorm';

import { Config } from '../config/config';
import { type Notification, Notifications } from '../database/notifications';
import { ContainerMonitor } from '../enforcement/container-monitor';
import { ExecutorRegistry } from '../executor/executor-registry';
import { DomainError, notFound } from '../http/domain-error';
import { WakeLoop } from '../wake-loop';
import { HostPressures } from './host-pressures';
import { machineUsage } from './machine-usage';
import { Server } from './server.entity';
import {
  type DueCheck,
  type KnownHealth,
  type Outage,
  ServerHealthRepository,
} from './server-health.repository';
import { ServerUsageRepository } from './server-usage.repository';

const checkEverySeconds = 15;
/** What others found, and no notification told, is read after this long. */
const readAllSeconds = 60;
/** A little longer, so that what was checked at the last look is due at the next. */
const lookAgainMilliseconds = checkEverySeconds * 1000 + 500;
/** A server that fails is asked ever less often, up to this. */
const longestWaitSeconds = 5 * 60;
/** Servers asked at the same time. */
const atOnce = 16;

/**
 * The last known health of every server, checked in the background and on request. It is one for all processes: each check is made by one
 * of those that run jobs, and what it finds is stored and told to the others.
 */
@Injectable()
export class ServerHealth implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ServerHealth.name);
  private readonly known = new Map<string, KnownHealth>();
  /** Servers as they were checked last, for the checks in the background. */
  private readonly checked = new Map<string, Server>();
  private readonly loop = new WakeLoop(
    () => this.lookAround(),
    (error) =>
      this.logger.warn({ err: error }, 'The health of servers could not be checked; it is tried again.'),
  );
  private listening: Subscription | undefined;
  private readAllAt = -Infinity;
  private underWay = 0;

  constructor(
    @InjectRepository(Server) private readonly servers: Repository<Server>,
    private readonly repository: ServerHealthRepository,
    private readonly monitor: ContainerMonitor,
    private readonly pressure: HostPressures,
    private readonly usages: ServerUsageRepository,
    private readonly executors: ExecutorRegistry,
    private readonly notifications: Notifications,
    private readonly config: Config,
  ) {}

  /** Without waiting: a host that does not answer must not keep the product from starting. */
  onApplicationBootstrap(): void {
    this.listening = this.notifications.messages.subscribe((message) => this.hear(message));
    void this.quietly(async () => {
      if (this.runsJobs) await this.repository.makeFailingDue();
    }).then(() => this.loop.wake());
  }

  async onApplicationShutdown(): Promise<void> {
    this.listening?.unsubscribe();
    await this.loop.stop();
  }

  /** Null when the server was not checked yet. */
  last(serverId: string): HealthStatus | null {
    return this.known.get(serverId)?.health ?? null;
  }

  /** Asks now, however often it has failed. */
  async check(serverId: string): Promise<HealthStatus> {
    return (await this.checkOne(await this.find(serverId))).health;
  }

  /** What a server uses now. */
  async usage(serverId: string): Promise<ResourceUsage> {
    const server = await this.find(serverId);
    try {
      return await (await this.executors.get(server)).getResourceUsage();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DomainError(
        'unavailable',
        'server_unavailable',
        `“${server.name}” does not say what it uses. ${reason}`,
      );
    }
  }

  /** A job found the server away: known to all from now on, and checked soon. */
  async recordOutage(manager: EntityManager, serverId: string, outage: Outage): Promise<void> {
    await this.repository.recordOutage(manager, serverId, outage);
    await this.notifications.publish(manager, { kind: 'server.health', serverId });
  }

  /** As the repository’s. */
  isStillAway(transaction: EntityManager, serverId: string): Promise<boolean> {
    return this.repository.isStillAway(transaction, serverId);
  }

  /** Part of the transaction that changes how a server is reached, which publishes `server.changed`. */
  forgetFault(transaction: EntityManager, serverId: string): Promise<void> {
    return this.repository.forgetFault(transaction, serverId);
  }

  /** Reads what others found, and makes the checks that are due; milliseconds until it is to look again. */
  private async lookAround(): Promise<number> {
    if (performance.now() - this.readAllAt >= readAllSeconds * 1000) {
      await this.readAll();
      this.readAllAt = performance.now();
    }
    const dueIn = await this.checkDue();
    return Math.min(dueIn ?? lookAgainMilliseconds, lookAgainMilliseconds);
  }

  private get runsJobs(): boolean {
    return this.config.roles.has('worker');
  }

  private hear(message: Notification): void {
    if (message.kind === 'reconnected') this.checked.clear();
    if (message.kind !== 'server.health' && message.kind !== 'server.changed') return;
    if (message.kind === 'server.changed') this.checked.delete(message.serverId);
    void this.quietly(() => this.readAgain(message.serverId)).then(() => this.loop.wake());
  }

  private async readAll(): Promise<void> {
    const stored = await this.repository.read();
    for (const id of this.known.keys()) if (!stored.has(id)) this.known.delete(id);
    for (const [id, one] of stored) {
      // A check that ended while this was read is newer.
      if (one.health.checkedAt >= (this.last(id)?.checkedAt ?? '')) this.known.set(id, one);
    }
  }

  private async readAgain(serverId: string): Promise<void> {
    const known = (await this.repository.read(serverId)).get(serverId);
    if (known) this.known.set(serverId, known);
    else this.known.delete(serverId);
  }

  /** Milliseconds until the next is due; null when none is, or those under way are to end first. */
  private async checkDue(): Promise<number | null> {
    const room = atOnce - this.underWay;
    if (!this.runsJobs || room <= 0) return null;
    const { servers, nextInMilliseconds } = await this.repository.takeDue(room);
    servers.forEach((due) => void this.checkTaken(due));
    return this.underWay < atOnce ? nextInMilliseconds : null;
  }

  private async checkOne(server: Server): Promise<Checked> {
    const executor = await this.executors.get(server);
    const { health, usage } =
      server.type === 'container'
        ? await this.monitor.checkHealth(executor)
        : { health: await executor.checkHealth(), usage: undefined };
    // What a process that runs no jobs can reach says nothing of those that do: they are to look.
    if (!this.runsJobs) {
      await this.repository.makeDue(server.id);
      return { health, executor, usage };
    }
    await this.record(server, health, usage);
    return { health: this.last(server.id) ?? health, executor, usage };
  }

  private async checkTaken({ id: serverId, isSampled, isSwept }: DueCheck): Promise<void> {
    this.underWay += 1;
    try {
      const server = this.checked.get(serverId) ?? (await this.find(serverId));
      this.checked.set(serverId, server);
      const checked = await this.checkOne(server);
      if (isSampled && checked.health.healthy) await this.sample(server, checked);
      if (isSwept && checked.health.healthy)
        await this.monitor.enforceResourceLimits({ serverId, executor: checked.executor });
    } catch (error) {
      this.checked.delete(serverId);
      // Deleted meanwhile, or a row that no executor can be made of.
      this.logger.warn({ err: error, serverId }, 'The health of a server could not be checked.');
    }
    const wasFull = this.underWay === atOnce;
    this.underWay -= 1;
    if (wasFull) this.loop.wake();
  }

  /**
   * Once a minute what a server's machine uses: a container server has told it with its check, an ssh host is asked by the connection that
   * the check has used.
   */
  private async sample(server: Server, { executor, usage }: Checked): Promise<void> {
    try {
      const machine =
        server.type === 'container' ? usage && machineUsage(usage) : await executor.getResourceUsage();
      if (machine) await this.usages.keep(server.id, machine);
    } catch (error) {
      // A host that went away in between; its next check says so.
      this.logger.debug({ err: error, server: server.name }, 'What a server uses could not be kept.');
    }
  }

  private async record(
    server: Server,
    health: HealthStatus,
    usage: ResourceUsage | undefined,
  ): Promise<void> {
    const before = this.known.get(server.id);
    const isNews =
      health.healthy !== before?.health.healthy || health.reason?.code !== before.health.reason?.code;
    const failures = health.healthy ? 0 : (before?.failures ?? 0) + 1;
    const known = { health, failures };
    const recorded = await this.servers.manager.transaction(async (transaction) => {
      const found = await this.repository.record(transaction, server, known, secondsAfter(failures), usage);
      const hasTurned =
        found !== undefined && (await this.pressure.turn(transaction, server, found, usage?.host));
      if (found && (isNews || hasTurned))
        await this.notifications.publish(transaction, { kind: 'server.health', serverId: server.id });
      return found;
    });
    // It was set up anew while it was asked.
    if (!recorded) {
      this.checked.delete(server.id);
      return this.repository.makeDue(server.id);
    }
    const { pressure } = recorded;
    this.known.set(server.id, { failures, health: { ...health, ...(pressure && { pressure }) } });
    if (!isNews) return;
    this.logger.log(
      { server: server.name, healthy: health.healthy, reason: health.reason },
      'A server’s health changed.',
    );
  }

  private async quietly(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.logger.warn({ err: error }, 'The health of servers could not be checked; it is tried again.');
    }
  }

  private async find(serverId: string): Promise<Server> {
    const server = await this.servers.findOneBy({ id: serverId });
    if (!server) throw notFound('server', serverId);
    return server;
  }
}

/** What a check has found, and by what it was made; usage is of container servers. */
interface Checked {
  readonly health: HealthStatus;
  readonly executor: ServerExecutor;
  readonly usage: ResourceUsage | undefined;
}

/** Doubles with every failure. */
function secondsAfter(failures: number): number {
  return Math.min(longestWaitSeconds, checkEverySeconds * 2 ** Math.max(0, failures - 1));
}

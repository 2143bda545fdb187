import type { createServerExecutor, ExecutorContext, ServerExecutor } from '@cronium/execution';
import type { HostKey } from '@cronium/server-types';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Subject } from 'rxjs';
import { DataSource } from 'typeorm';

import { Config } from '../config/config';
import { EnforcementActions } from '../enforcement/enforcement-actions';
import { Metrics } from '../monitoring/metrics';
import { SettingsService } from '../settings/settings.service';
import { uncorrelated } from '../tracing/correlation';
import { ExecutorServers, type ServerRow } from './executor-servers';

export type ExecutorFactory = typeof createServerExecutor;
export const EXECUTOR_FACTORY = Symbol('EXECUTOR_FACTORY');

/** A host has shown another key than the pinned one, or none is pinned. */
export interface OfferedHostKey {
  readonly serverId: string;
  readonly offered: HostKey;
}

export interface PresentExecutor {
  readonly type: string;
  readonly executor: ServerExecutor;
}

interface Entry {
  readonly type: string;
  readonly executor: Promise<ServerExecutor>;
  /** What it was made from: a server whose row says otherwise gets a new executor. */
  readonly madeFrom: string;
}

/**
 * The executor of each server, made when first needed. When a server's configuration changes it gets a new executor; the old one lets go of
 * its jobs, which the new one takes over.
 */
@Injectable()
export class ExecutorRegistry implements OnApplicationShutdown {
  private readonly logger = new Logger('ServerExecutor');
  private readonly entries = new Map<string, Entry>();
  private left = false;
  private readonly swept = this.metrics.counter(
    'cronium_sandboxes_swept_total',
    'Sandboxes that belonged to no job and were removed.',
  );
  private readonly offers = new Subject<OfferedHostKey>();
  /** Keys that hosts have shown and that are not the pinned ones. */
  readonly offeredHostKeys = this.offers.asObservable();

  constructor(
    private readonly config: Config,
    private readonly settings: SettingsService,
    private readonly database: DataSource,
    private readonly servers: ExecutorServers,
    private readonly metrics: Metrics,
    private readonly actions: EnforcementActions,
    @Inject(EXECUTOR_FACTORY) private readonly create: ExecutorFactory,
  ) {}

  /** The executor for a server as its row is now. Connected in processes that run jobs, where it keeps sandboxes warm. */
  async get(server: ServerRow): Promise<ServerExecutor> {
    const { type, containerConfig, broker, brokerCredentials, sshConfig, sshCredentials, hostKey } = server;
    const jump = await this.versionOfJumpHosts(server);
    const madeFrom = JSON.stringify([
      ...[type, containerConfig, broker, brokerCredentials],
      ...[sshConfig, sshCredentials, hostKey, jump],
    ]);
    const present = this.entries.get(server.id);
    if (present?.madeFrom === madeFrom) return present.executor;

    // Noted at once: of several who ask at the same moment one makes it. It lives longer than what it is made for.
    const executor = uncorrelated(() => this.make(server, present?.executor));
    const entry = { type, executor, madeFrom };
    this.entries.set(server.id, entry);
    executor.catch(() => {
      if (this.entries.get(server.id) === entry) this.entries.delete(server.id);
    });
    return executor;
  }

  /** Those that are made, by their servers' ids. */
  async present(): Promise<Map<string, PresentExecutor>> {
    const made = new Map<string, PresentExecutor>();
    for (const [id, { type, executor }] of this.entries) {
      const one = await executor.catch(() => undefined);
      if (one) made.set(id, { type, executor: one });
    }
    return made;
  }

  /** Whether this process lets go of what runs: it starts nothing any more. */
  get hasLeft(): boolean {
    return this.left;
  }

  private async make(
    server: ServerRow,
    predecessor: Promise<ServerExecutor> | undefined,
  ): Promise<ServerExecutor> {
    const executor = this.create(await this.servers.of(server), await this.context());
    await (await predecessor?.catch(() => undefined))?.disconnect();
    if (this.config.roles.has('worker') && !this.left) await executor.connect();
    return executor;
  }

  /** Lets go of what runs, for a successor to take over; servers can still be asked how they are. May be repeated. */
  async leave(): Promise<void> {
    this.left = true;
    await Promise.all(
      [...this.entries.values()].map(async ({ executor }) =>
        (await executor.catch(() => undefined))?.disconnect(),
      ),
    );
  }

  onApplicationShutdown(): Promise<void> {
    return this.leave();
  }

  /** What an executor, or a test of a connection, needs from this process. */
  async context(): Promise<ExecutorContext> {
    return {
      installationId: await this.settings.get('installation_id'),
      broker: this.config.broker,
      dockerHost: this.config.dockerHost,
      seccompProfilePath: this.config.seccompProfilePath,
      runnerFolders: this.config.runnerFolders,
      onHostKeyOffered: (serverId, offered) => this.offers.next({ serverId, offered }),
      onSwept: (serverId, count) => void this.recordSweep(serverId, count),
      sandboxesInUse: (ids) => this.sandboxesInUse(ids),
      logger: {
        debug: (fields, message) => this.logger.debug(fields, message),
        info: (fields, message) => this.logger.log(fields, message),
        warn: (fields, message) => this.logger.warn(fields, message),
        error: (fields, message) => this.logger.error(fields, message),
      },
    };
  }

  private async recordSweep(serverId: string, used: number): Promise<void> {
    this.swept.inc(used);
    try {
      await this.actions.record([{ kind: 'swept', resource: 'sandboxes', used, bound: null, serverId }]);
    } catch (error) {
      this.logger.warn({ err: error, serverId }, 'Sandboxes that were removed could not be put on record.');
    }
  }

  /** A changed jump host is a changed way to the server behind it. */
  private async versionOfJumpHosts({ type, sshConfig }: ServerRow): Promise<unknown> {
    const { jumpServerId } = (type === 'ssh' ? sshConfig : {}) as { jumpServerId?: string | null };
    return jumpServerId ? this.servers.sshServer(jumpServerId) : null;
  }

  private async sandboxesInUse(containerIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT handle->'location'->>'containerId' AS id FROM jobs
        WHERE state IN ('queued', 'starting', 'running') AND handle->'location'->>'containerId' = ANY($1)`,
      [containerIds],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

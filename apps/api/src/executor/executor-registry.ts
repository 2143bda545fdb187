import { createServerExecutor, type ExecutorServer, type ServerExecutor } from '@cronium/execution';
import { containerConfigSchema } from '@cronium/server-types';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Config } from '../config/config';
import { SettingsService } from '../settings/settings.service';

/** A server's row, as far as running on it is concerned. */
export interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly containerConfig: unknown;
}

export type ExecutorFactory = typeof createServerExecutor;
export const EXECUTOR_FACTORY = Symbol('EXECUTOR_FACTORY');

interface Entry {
  readonly executor: ServerExecutor;
  /** What it was made from: a server whose row says otherwise gets a new executor. */
  readonly madeFrom: string;
}

/**
 * The executor of each server, made when first needed. When a server's configuration changes, new jobs get a new executor and the old one is
 * left when its last job has ended.
 */
@Injectable()
export class ExecutorRegistry implements OnApplicationShutdown {
  private readonly logger = new Logger('ServerExecutor');
  private readonly entries = new Map<string, Entry>();

  constructor(
    private readonly config: Config,
    private readonly settings: SettingsService,
    private readonly database: DataSource,
    @Inject(EXECUTOR_FACTORY) private readonly create: ExecutorFactory,
  ) {}

  /** The executor for a server as its row is now. Connected in processes that run jobs, where it keeps sandboxes warm. */
  async get(server: ServerRow): Promise<ServerExecutor> {
    const madeFrom = JSON.stringify([server.type, server.containerConfig]);
    const present = this.entries.get(server.id);
    if (present?.madeFrom === madeFrom) return present.executor;

    const installationId = await this.settings.get('installation_id');
    const executor = this.create(toExecutorServer(server), {
      installationId,
      dockerHost: this.config.dockerHost,
      seccompProfilePath: this.config.seccompProfilePath,
      liveJobs: (jobIds) => this.liveJobs(jobIds),
      logger: {
        debug: (fields, message) => this.logger.debug(fields, message),
        info: (fields, message) => this.logger.log(fields, message),
        warn: (fields, message) => this.logger.warn(fields, message),
        error: (fields, message) => this.logger.error(fields, message),
      },
    });
    this.entries.set(server.id, { executor, madeFrom });
    if (present) await present.executor.disconnect();
    if (this.config.roles.has('worker')) await executor.connect();
    return executor;
  }

  async onApplicationShutdown(): Promise<void> {
    await Promise.all([...this.entries.values()].map(({ executor }) => executor.disconnect()));
    this.entries.clear();
  }

  private async liveJobs(jobIds: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT id FROM jobs WHERE id = ANY($1) AND state IN ('queued', 'starting', 'running')`,
      [jobIds],
    );
    return new Set(rows.map(({ id }) => id));
  }
}

function toExecutorServer(server: ServerRow): ExecutorServer {
  if (server.type !== 'container')
    throw new Error(`Server "${server.name}" has the unknown type "${server.type}".`);
  return {
    id: server.id,
    type: 'container',
    containerConfig: containerConfigSchema.parse(server.containerConfig),
  };
}

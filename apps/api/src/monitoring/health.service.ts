import type { Readiness } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { DatabaseWatch } from '../database/database-watch';
import { JobQueue } from '../executions/job-queue';
import { localExecutionId } from '../servers/local-execution';
import { ServerHealth } from '../servers/server-health';

type Check = Readiness['checks']['database'];

@Injectable()
export class HealthService {
  constructor(
    private readonly database: DataSource,
    private readonly watch: DatabaseWatch,
    private readonly queue: JobQueue,
    private readonly servers: ServerHealth,
  ) {}

  async readiness(): Promise<Readiness> {
    const [database, queue] = await Promise.all([
      this.probe(() => this.database.query('SELECT 1')),
      this.probe(() => this.queue.ping()),
    ]);
    const serves = database.status === 'up' && queue.status === 'up';
    return {
      status: serves ? 'ok' : 'unavailable',
      checks: { database, queue, localExecution: this.localExecution() },
    };
  }

  private async probe(ask: () => Promise<unknown>): Promise<Check> {
    // One that neither answers nor breaks the connection would keep the answer waiting.
    if (this.watch.isAway) return { status: 'down', reason: 'The database does not answer.' };
    try {
      await ask();
      return { status: 'up' };
    } catch (error) {
      return { status: 'down', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  private localExecution(): Check {
    const health = this.servers.last(localExecutionId);
    if (health?.healthy) return { status: 'up' };
    return { status: 'down', reason: health?.reason?.message ?? 'It was not checked yet.' };
  }
}

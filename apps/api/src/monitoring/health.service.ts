import type { Readiness } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { JobQueue } from '../executions/job-queue';
import { localExecutionId } from '../servers/local-execution';
import { ServerHealth } from '../servers/server-health';

type Check = Readiness['checks']['database'];

@Injectable()
export class HealthService {
  constructor(
    private readonly database: DataSource,
    private readonly queue: JobQueue,
    private readonly servers: ServerHealth,
  ) {}

  async readiness(): Promise<Readiness> {
    const [database, queue] = await Promise.all([
      probe(() => this.database.query('SELECT 1')),
      probe(() => this.queue.ping()),
    ]);
    const serves = database.status === 'up' && queue.status === 'up';
    return {
      status: serves ? 'ok' : 'unavailable',
      checks: { database, queue, localExecution: this.localExecution() },
    };
  }

  private localExecution(): Check {
    const health = this.servers.last(localExecutionId);
    if (health?.healthy) return { status: 'up' };
    return { status: 'down', reason: health?.reason?.message ?? 'It was not checked yet.' };
  }
}

async function probe(ask: () => Promise<unknown>): Promise<Check> {
  try {
    await ask();
    return { status: 'up' };
  } catch (error) {
    return { status: 'down', reason: error instanceof Error ? error.message : String(error) };
  }
}

import { serverUsageDays } from '@cronium/contracts';
import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource, type EntityManager } from 'typeorm';

import { Config } from '../config/config';
import { SettingsService } from '../settings/settings.service';

const everyMilliseconds = 10 * 60 * 1000;
/** Rows a statement, so that none holds locks for long. */
const batch = 500;
/** Batches a round: what is left waits for the next one, which goes on where this one stopped. */
const batchesARound = 40;
/** Of all replicas one cleans up at a time. Any number that nothing else uses. */
const lockKey = 720_001;
/** What was done about limits of no job is kept so long. */
const actionDays = 90;
const mib = 1024 * 1024;

/** What a round has deleted. */
export interface CleanUp {
  readonly executions: number;
  readonly logs: number;
  readonly versions: number;
}

/**
 * Deletes what is older than the settings keep: first logs, by age and then the oldest beyond the size; then executions with all that is
 * theirs. In small steps that each commit, so it may stop at any time.
 */
@Injectable()
export class Retention {
  private readonly logger = new Logger(Retention.name);
  private running = false;

  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
    private readonly settings: SettingsService,
  ) {}

  @Interval(everyMilliseconds)
  async onSchedule(): Promise<void> {
    if (!this.config.roles.has('scheduler') || this.running) return;
    this.running = true;
    try {
      const done = await this.cleanUp();
      if (done && done.executions + done.logs > 0) this.logger.log(done, 'Old history was deleted.');
    } catch (error) {
      this.logger.warn({ err: error }, 'Old history could not be deleted; it is tried again.');
    } finally {
      this.running = false;
    }
  }

  /** One round; null when another replica is at it. */
  async cleanUp(): Promise<CleanUp | null> {
    const runner = this.database.createQueryRunner();
    try {
      const [lock] = (await runner.query('SELECT pg_try_advisory_lock($1) AS taken', [lockKey])) as {
        taken: boolean;
      }[];
      if (!lock?.taken) return null;
      try {
        return await this.round(runner.manager);
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1)', [lockKey]);
      }
    } finally {
      await runner.release();
    }
  }

  private async round(manager: EntityManager): Promise<CleanUp> {
    const logDays = await this.settings.get('retention_logs_days');
    const logMb = await this.settings.get('retention_logs_mb');
    const executionDays = await this.settings.get('retention_executions_days');
    const byAge = logDays === null ? 0 : await inBatches(() => removeLogsOlderThan(manager, logDays));
    const bySize = logMb === null ? 0 : await removeLogsBeyond(manager, logMb * mib);
    const executions =
      executionDays === null ? 0 : await inBatches(() => deleteExecutions(manager, executionDays));
    const versions = await inBatches(() => deleteOrphanedVersions(manager));
    await inBatches(() => deleteOldFigures(manager));
    return { executions, logs: byAge + bySize, versions };
  }
}

/** Repeats a step that tells how many rows it took, until there are none left or the round is over. */
async function inBatches(step: () => Promise<number>): Promise<number> {
  let total = 0;
  for (let count = 0; count < batchesARound; count += 1) {
    const taken = await step();
    total += taken;
    if (taken < batch) break;
  }
  return total;
}

async function removeLogsOlderThan(manager: EntityManager, days: number): Promise<number> {
  const jobs = await manager.query<{ id: string }[]>(
    `SELECT id FROM jobs WHERE log_removed_at IS NULL AND log_bytes > 0 AND ended_at < now() - make_interval(days => $1)
      ORDER BY ended_at LIMIT ${batch}`,
    [days],
  );
  await removeLogs(
    manager,
    jobs.map(({ id }) => id),
  );
  return jobs.length;
}

/** The oldest of ended jobs first, as many as bring the sum below the bound. */
async function removeLogsBeyond(manager: EntityManager, maxBytes: number): Promise<number> {
  const [sum] = await manager.query<{ bytes: string | null }[]>(
    'SELECT sum(log_bytes) AS bytes FROM jobs WHERE log_removed_at IS NULL AND log_bytes > 0',
  );
  let excess = Number(sum?.bytes ?? 0) - maxBytes;
  if (excess <= 0) return 0;
  return inBatches(async () => {
    if (excess <= 0) return 0;
    const jobs = await manager.query<{ id: string; bytes: string }[]>(
      `SELECT id, bytes FROM (
         SELECT id, log_bytes AS bytes, sum(log_bytes) OVER (ORDER BY ended_at, id) - log_bytes AS before
           FROM (SELECT * FROM jobs WHERE log_removed_at IS NULL AND log_bytes > 0 AND ended_at IS NOT NULL
                  ORDER BY ended_at, id LIMIT ${batch}) AS oldest) AS summed
        WHERE before < $1`,
      [excess],
    );
    await removeLogs(
      manager,
      jobs.map(({ id }) => id),
    );
    excess -= jobs.reduce((total, { bytes }) => total + Number(bytes), 0);
    return jobs.length;
  });
}

async function removeLogs(manager: EntityManager, jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  await manager.transaction(async (transaction) => {
    // Whoever indexes logs has this lock: nothing is indexed meanwhile of what goes.
    await transaction.query('SELECT FROM log_search_progress FOR UPDATE');
    await transaction.query('DELETE FROM log_search_blocks WHERE job_id = ANY($1)', [jobIds]);
    await transaction.query('DELETE FROM job_log_chunks WHERE job_id = ANY($1)', [jobIds]);
    await transaction.query('UPDATE jobs SET log_removed_at = now() WHERE id = ANY($1)', [jobIds]);
  });
}

async function deleteExecutions(manager: EntityManager, days: number): Promise<number> {
  const [, count] = await manager.query<[unknown, number]>(
    `DELETE FROM executions WHERE id IN (
       SELECT id FROM executions WHERE ended_at < now() - make_interval(days => $1) ORDER BY ended_at LIMIT ${batch})`,
    [days],
  );
  return count;
}

/** What hosts used, and what was done about limits of no job: those of jobs go with their executions. */
async function deleteOldFigures(manager: EntityManager): Promise<number> {
  const [, samples] = await manager.query<[unknown, number]>(
    `DELETE FROM server_usage WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM server_usage WHERE at < now() - make_interval(days => ${serverUsageDays}) LIMIT ${batch}))`,
  );
  const [, actions] = await manager.query<[unknown, number]>(
    `DELETE FROM enforcement_actions WHERE id IN (
       SELECT id FROM enforcement_actions WHERE job_id IS NULL AND at < now() - make_interval(days => ${actionDays}) LIMIT ${batch})`,
  );
  return Math.max(samples, actions);
}

/** Versions of deleted events that no execution refers to any more. */
async function deleteOrphanedVersions(manager: EntityManager): Promise<number> {
  const [, count] = await manager.query<[unknown, number]>(
    `DELETE FROM event_versions WHERE id IN (
       SELECT version.id FROM event_versions version
        WHERE version.event_id IS NULL
          AND NOT EXISTS (SELECT 1 FROM executions WHERE event_version_id = version.id) LIMIT ${batch})`,
  );
  return count;
}

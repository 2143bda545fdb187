import type { JobError, JobState } from '@cronium/contracts';
import type { ScriptHandle } from '@cronium/execution';
import type { JobUsage, ResourceLimitOverrides, ServerType } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Notifications } from '../database/notifications';
import type { StoredEnvironmentEntry } from '../events/stored-environment';
import { executionStateOf } from './execution-state';
import { JobQueue } from './job-queue';

/** A job with all that a worker needs to run it. */
export interface ClaimedJob {
  readonly id: string;
  readonly executionId: string;
  readonly attempt: number;
  readonly handle: ScriptHandle | null;
  readonly logEntries: number;
  readonly logFrame: number;
  readonly input: unknown;
  readonly trigger: string;
  readonly event: {
    /** Null when the event was deleted since. */
    readonly id: string | null;
    readonly name: string;
    readonly type: 'BASH' | 'PYTHON' | 'NODEJS';
    readonly content: string;
    readonly timeoutSeconds: number;
    readonly environment: readonly StoredEnvironmentEntry[];
    readonly limits: ResourceLimitOverrides;
    readonly version: number;
  };
  readonly server: {
    readonly id: string;
    readonly name: string;
    readonly type: ServerType;
    readonly containerConfig: unknown;
  };
}

/** How a job ended, as it is recorded. */
export interface JobEnd {
  readonly state: Exclude<JobState, 'queued' | 'starting' | 'running'>;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly error?: JobError;
  readonly usage?: JobUsage;
  readonly scriptEndedAt?: Date;
}

/** Every change of a job's row. A job's end is written once; whoever comes second changes nothing. */
@Injectable()
export class JobStore {
  constructor(
    private readonly database: DataSource,
    private readonly queue: JobQueue,
    private readonly notifications: Notifications,
  ) {}

  /** Takes a delivered job for this worker. Null when it has ended, or its server is gone: nothing is left to do. */
  async claim(jobId: string): Promise<ClaimedJob | null> {
    const [rows] = await this.database.query<[ClaimedRow[], number]>(
      `UPDATE jobs job
          SET state = CASE job.state WHEN 'queued' THEN 'starting' ELSE job.state END,
              starting_at = coalesce(job.starting_at, now())
         FROM executions execution, event_versions version, servers server
        WHERE job.id = $1 AND job.state IN ('queued', 'starting', 'running')
          AND execution.id = job.execution_id AND version.id = execution.event_version_id AND server.id = job.server_id
       RETURNING job.id, job.execution_id, job.attempt, job.handle, job.log_entries, job.log_frame,
                 execution.input, execution.trigger, execution.event_id, execution.event_name,
                 version.type, version.content, version.timeout_seconds, version.environment, version.limits,
                 version.version, server.id AS server_id, server.name AS server_name, server.type AS server_type,
                 server.container_config`,
      [jobId],
    );
    return rows[0] ? toClaimedJob(rows[0]) : null;
  }

  async saveHandle(jobId: string, handle: ScriptHandle): Promise<void> {
    await this.database.query('UPDATE jobs SET handle = $2 WHERE id = $1', [jobId, handle]);
  }

  async markStarted(job: Pick<ClaimedJob, 'id' | 'executionId'>, startedAt: Date): Promise<void> {
    await this.database.query(
      `WITH started AS (
         UPDATE jobs SET state = 'running', started_at = $2 WHERE id = $1 AND state = 'starting' RETURNING execution_id)
       UPDATE executions SET state = 'running', started_at = coalesce(started_at, $2)
        WHERE id IN (SELECT execution_id FROM started)`,
      [job.id, startedAt],
    );
    await this.notifications.publish(this.database.manager, {
      kind: 'job.started',
      jobId: job.id,
      executionId: job.executionId,
    });
  }

  async saveOutput(jobId: string, output: unknown): Promise<void> {
    await this.database.query('UPDATE jobs SET output = $2 WHERE id = $1', [jobId, JSON.stringify(output)]);
  }

  /** Writes the end, with all that follows from it, in one transaction. */
  async finish(jobId: string, end: JobEnd): Promise<void> {
    await this.database.transaction((transaction) => this.finishWithin(transaction, jobId, end));
  }

  /** Ends every queued job of an execution, and asks the workers of the others to end theirs. */
  async requestCancel(executionId: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const jobs = await transaction.query<{ id: string; state: JobState }[]>(
        `SELECT id, state FROM jobs WHERE execution_id = $1 AND state IN ('queued', 'starting', 'running')
          ORDER BY id FOR UPDATE`,
        [executionId],
      );
      for (const { id, state } of jobs) {
        await transaction.query(
          'UPDATE jobs SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = $1',
          [id],
        );
        if (state === 'queued') {
          await this.queue.withdraw(transaction, id);
          await this.finishWithin(transaction, id, { state: 'cancelled' });
        } else {
          await this.notifications.publish(transaction, { kind: 'job.cancel_requested', jobId: id });
        }
      }
    });
  }

  /** Which of these jobs someone asked to cancel: for a worker that may have missed the notification. */
  async cancelRequested(jobIds: readonly string[]): Promise<string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      'SELECT id FROM jobs WHERE id = ANY($1) AND cancel_requested_at IS NOT NULL',
      [jobIds],
    );
    return rows.map(({ id }) => id);
  }

  private async finishWithin(transaction: EntityManager, jobId: string, end: JobEnd): Promise<void> {
    const [changed] = await transaction.query<[{ execution_id: string }[], number]>(
      `UPDATE jobs SET state = $2, exit_code = $3, signal = $4, error = $5, usage = $6, script_ended_at = $7,
                       ended_at = now(), handle = NULL
        WHERE id = $1 AND state IN ('queued', 'starting', 'running') RETURNING execution_id`,
      [
        jobId,
        end.state,
        end.exitCode ?? null,
        end.signal ?? null,
        end.error ?? null,
        end.usage ?? null,
        end.scriptEndedAt ?? null,
      ],
    );
    await this.queue.complete(transaction, jobId);
    const executionId = changed[0]?.execution_id;
    if (executionId === undefined) return;
    await this.notifications.publish(transaction, { kind: 'job.finished', jobId, executionId });
    await this.settle(transaction, executionId);
  }

  /** Brings the execution's state in line with its jobs. Its row is locked first, so that the last of two ending jobs sees both. */
  private async settle(transaction: EntityManager, executionId: string): Promise<void> {
    await transaction.query('SELECT 1 FROM executions WHERE id = $1 FOR UPDATE', [executionId]);
    const jobs = await transaction.query<{ state: JobState; ended_at: Date | null }[]>(
      'SELECT state, ended_at FROM jobs WHERE execution_id = $1 ORDER BY position',
      [executionId],
    );
    const finished = jobs.every((job) => job.ended_at !== null);
    await transaction.query(
      `UPDATE executions SET state = $2, ended_at = CASE WHEN $3 THEN now() END WHERE id = $1`,
      [executionId, executionStateOf(jobs.map((job) => job.state)), finished],
    );
    if (finished) await this.notifications.publish(transaction, { kind: 'execution.finished', executionId });
  }
}

interface ClaimedRow {
  id: string;
  execution_id: string;
  attempt: number;
  handle: ScriptHandle | null;
  log_entries: number;
  log_frame: string;
  input: unknown;
  trigger: string;
  event_id: string | null;
  event_name: string;
  type: ClaimedJob['event']['type'];
  content: string;
  timeout_seconds: number;
  environment: StoredEnvironmentEntry[];
  limits: ResourceLimitOverrides;
  version: number;
  server_id: string;
  server_name: string;
  server_type: ServerType;
  container_config: unknown;
}

function toClaimedJob(row: ClaimedRow): ClaimedJob {
  return {
    id: row.id,
    executionId: row.execution_id,
    attempt: row.attempt,
    handle: row.handle,
    logEntries: row.log_entries,
    logFrame: Number(row.log_frame),
    input: row.input,
    trigger: row.trigger,
    event: {
      id: row.event_id,
      name: row.event_name,
      type: row.type,
      content: row.content,
      timeoutSeconds: row.timeout_seconds,
      environment: row.environment,
      limits: row.limits,
      version: row.version,
    },
    server: {
      id: row.server_id,
      name: row.server_name,
      type: row.server_type,
      containerConfig: row.container_config,
    },
  };
}

import {
  isActive,
  type JobError,
  type JobState,
  type RetryInput,
  retrySchema,
  type TargetStrategy,
} from '@cronium/contracts';
import type { JobUsage } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { DidNotRunAlerts } from '../alerts/did-not-run-alerts';
import { Notifications } from '../database/notifications';
import { Processes } from '../database/processes';
import { Admission } from './admission/admission';
import { begunPrecedence } from './admission/precedence';
import { executionStateOf } from './execution-state';
import { JobQueue } from './job-queue';
import { causeOf, pauseAfter } from './retry-policy';

/** How a job ended, as it is recorded. */
export interface JobEnd {
  readonly state: Exclude<JobState, 'queued' | 'starting' | 'running'>;
  readonly exitCode?: number;
  readonly signal?: string;
  readonly error?: JobError;
  readonly usage?: JobUsage;
  readonly scriptEndedAt?: Date;
}

/** How jobs end, and what follows from it. A job's end is written once; whoever comes second changes nothing. */
@Injectable()
export class JobEnds {
  constructor(
    private readonly database: DataSource,
    private readonly processes: Processes,
    private readonly queue: JobQueue,
    private readonly notifications: Notifications,
    private readonly admission: Admission,
    private readonly didNotRun: DidNotRunAlerts,
  ) {}

  /**
   * Writes the end, with all that follows from it, in one transaction. An end that the script's runner told is true, whoever brings it; that
   * the platform failed is for the process to say that has the job.
   */
  async finish(jobId: string, end: JobEnd): Promise<void> {
    await this.database.transaction(async (transaction) => {
      if (end.error?.platform && !(await this.isMine(transaction, jobId))) return;
      await this.finishWithin(transaction, jobId, end);
    });
  }

  /** Ends a delivered job that cannot be claimed: it has ended, or there is nothing to run it on. */
  async finishUnclaimed(jobId: string): Promise<void> {
    await this.database.transaction((transaction) =>
      this.finishWithin(transaction, jobId, { state: 'lost' }),
    );
  }

  /** Brings an execution's state in line with its jobs. */
  async settleAgain(executionId: string): Promise<void> {
    await this.database.transaction((transaction) => this.settle(transaction, executionId));
  }

  /** Ends every queued job of an execution, and asks the workers of the others to end theirs. */
  async requestCancel(executionId: string): Promise<void> {
    await this.database.transaction((transaction) => this.cancelWithin(transaction, executionId));
  }

  /**
   * As `requestCancel`, inside a transaction.
   *
   * @param reason why it was cancelled, when nobody asked for it
   */
  async cancelWithin(transaction: EntityManager, executionId: string, reason?: JobError): Promise<void> {
    // An attempt that ended while its row was waited for may have left another behind.
    for (let jobs = await this.uncancelled(transaction, executionId); jobs.length > 0;) {
      for (const job of jobs) await this.cancelJob(transaction, job);
      jobs = await this.uncancelled(transaction, executionId);
    }
    if (reason)
      await transaction.query('UPDATE executions SET error = $2 WHERE id = $1', [executionId, reason]);
  }

  private uncancelled(transaction: EntityManager, executionId: string): Promise<ActiveRow[]> {
    return transaction.query(
      `SELECT id, state FROM jobs WHERE execution_id = $1 AND state IN ('queued', 'starting', 'running')
          AND cancel_requested_at IS NULL ORDER BY id FOR UPDATE`,
      [executionId],
    );
  }

  private async cancelJob(transaction: EntityManager, { id, state }: ActiveRow): Promise<void> {
    await transaction.query('UPDATE jobs SET cancel_requested_at = now() WHERE id = $1', [id]);
    if (state === 'queued') {
      await this.queue.withdraw(transaction, id);
      await this.finishWithin(transaction, id, { state: 'cancelled' });
    } else {
      await this.notifications.publish(transaction, { kind: 'job.cancel_requested', jobId: id });
    }
  }

  /** As `finish`, inside a transaction. */
  async finishWithin(transaction: EntityManager, jobId: string, end: JobEnd): Promise<void> {
    const [changed] = await transaction.query<[EndedRow[], number]>(
      `UPDATE jobs SET state = $2, exit_code = $3, signal = $4, error = $5, usage = $6, script_ended_at = $7,
                       ended_at = now(), handle = NULL, worker_id = NULL, waiting_for = NULL, waiting_since = NULL, wait_until = NULL
        WHERE id = $1 AND state IN ('queued', 'starting', 'running') RETURNING id, execution_id, attempt, cancel_requested_at IS NOT NULL AS "isCancelled"`,
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
    const [ended] = changed;
    if (!ended) return;
    const executionId = ended.execution_id;
    await this.notifications.publish(transaction, { kind: 'job.finished', jobId, executionId });
    const goesOn = end.error?.platform === true && (await this.goOnElsewhere(transaction, executionId));
    if (!goesOn && !ended.isCancelled) await this.tryAgain(transaction, ended, end);
    await this.settle(transaction, executionId);
    await this.admission.decideWithin(transaction);
  }

  /** With the strategy `failover`, a job that the platform failed is tried on the next server. */
  private async goOnElsewhere(transaction: EntityManager, executionId: string): Promise<boolean> {
    const [servers] = await transaction.query<[NextServerRow[], number]>(
      `UPDATE executions execution SET failover_servers = execution.failover_servers[2:]
         FROM servers server
        WHERE execution.id = $1 AND server.id = execution.failover_servers[1]
       RETURNING server.id, server.name, server.type, execution.owner_id AS "ownerId", execution.event_id AS "eventId",
                 execution.created_at AS "createdAt", (SELECT max(position) + 1 FROM jobs WHERE execution_id = $1) AS position`,
      [executionId],
    );
    const server = servers[0];
    if (!server) return false;
    await transaction.query(
      `INSERT INTO jobs (id, execution_id, owner_id, event_id, precedence, server_id, server_name, server_type, position,
                         execution_created_at, state)
       VALUES ($1, $2, $3, $4, ${begunPrecedence}, $5, $6, $7, $8, $9, 'queued')`,
      [
        ...[uuid(), executionId, server.ownerId, server.eventId],
        ...[server.id, server.name, server.type, server.position, server.createdAt],
      ],
    );
    return true;
  }

  /** Another attempt, when the event's retry policy says so. Its execution has begun, and keeps its place until then. */
  private async tryAgain(transaction: EntityManager, { id, attempt }: EndedRow, end: JobEnd): Promise<void> {
    if (causeOf(end) === null) return;
    const [event] = await transaction.query<{ retry: RetryInput }[]>(
      'SELECT event.retry FROM events event JOIN jobs job ON job.event_id = event.id WHERE job.id = $1',
      [id],
    );
    const pause = event ? pauseAfter(retrySchema.parse(event.retry), attempt, end, Math.random()) : null;
    if (pause === null) return;
    await transaction.query(
      `INSERT INTO jobs (id, execution_id, owner_id, event_id, precedence, server_id, server_name, server_type, position,
                         execution_created_at, attempt, state, not_before)
       SELECT $2, execution_id, owner_id, event_id, ${begunPrecedence}, server_id, server_name, server_type, position,
              execution_created_at, attempt + 1, 'queued', now() + make_interval(secs => $3)
         FROM jobs WHERE id = $1 AND server_id IS NOT NULL`,
      [id, uuid(), pause],
    );
    // Whoever admits jobs is to wake when its pause is over.
    await this.notifications.publish(transaction, { kind: 'job.queued' });
  }

  /** Brings the execution's state in line with its jobs. Its row is locked first, so that the last of two ending jobs sees both. */
  private async settle(transaction: EntityManager, executionId: string): Promise<void> {
    const [execution] = await transaction.query<SettledRow[]>(
      'SELECT target_strategy, event_id, event_name, planned_at FROM executions WHERE id = $1 FOR NO KEY UPDATE',
      [executionId],
    );
    const jobs = await transaction.query<{ state: JobState; isLast: boolean }[]>(
      `SELECT state, attempt = max(attempt) OVER (PARTITION BY position) AS "isLast"
         FROM jobs WHERE execution_id = $1 ORDER BY position, attempt`,
      [executionId],
    );
    const finished = !jobs.some(({ state }) => isActive(state));
    // Of several attempts on a server the last one counts.
    const states = jobs.filter(({ isLast }) => isLast || !finished).map(({ state }) => state);
    const state = executionStateOf(states, execution?.target_strategy);
    await transaction.query(
      `UPDATE executions SET state = $2, ended_at = CASE WHEN $3 THEN now() END WHERE id = $1`,
      [executionId, state, finished],
    );
    if (!finished) return;
    await this.notifications.publish(transaction, { kind: 'execution.finished', executionId });
    if (state === 'skipped' && execution) await this.tellOfSkipped(transaction, executionId, execution);
  }

  /** A planned run that was kept from running by what had changed since it was queued. */
  private async tellOfSkipped(
    transaction: EntityManager,
    executionId: string,
    { event_id: id, event_name: name, planned_at: plannedAt }: SettledRow,
  ): Promise<void> {
    if (id === null || plannedAt === null) return;
    const [job] = await transaction.query<{ error: JobError | null }[]>(
      'SELECT error FROM jobs WHERE execution_id = $1 ORDER BY position LIMIT 1',
      [executionId],
    );
    if (job?.error)
      await this.didNotRun.note(transaction, { id, name }, [{ plannedAt, reason: job.error }], false);
  }

  private async isMine(transaction: EntityManager, jobId: string): Promise<boolean> {
    const mine = await transaction.query<unknown[]>(
      'SELECT 1 FROM jobs WHERE id = $1 AND worker_id = $2 FOR UPDATE',
      [jobId, this.processes.id],
    );
    return mine.length > 0;
  }
}

interface ActiveRow {
  id: string;
  state: JobState;
}

interface EndedRow {
  id: string;
  execution_id: string;
  attempt: number;
  /** Somebody wanted it to end. */
  isCancelled: boolean;
}

interface SettledRow {
  target_strategy: TargetStrategy;
  event_id: string | null;
  event_name: string;
  /** Null when no schedule meant it. */
  planned_at: Date | null;
}

interface NextServerRow {
  id: string;
  name: string;
  type: string;
  ownerId: string;
  eventId: string | null;
  createdAt: Date;
  position: number;
}

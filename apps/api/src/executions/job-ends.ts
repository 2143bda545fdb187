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
import { Batcher } from '../batcher';
import { isDatabaseGone } from '../database/database-gone';
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

/** A job and how it ended. */
export interface EndedJob {
  readonly jobId: string;
  readonly end: JobEnd;
}

/** How jobs end, and what follows from it. A job's end is written once; whoever comes second changes nothing. */
@Injectable()
export class JobEnds {
  private readonly together = new Batcher(
    (ended: readonly EndedJob[]) => this.finishTogether(ended),
    isDatabaseGone,
  );

  constructor(
    private readonly database: DataSource,
    private readonly processes: Processes,
    private readonly queue: JobQueue,
    private readonly notifications: Notifications,
    private readonly admission: Admission,
    private readonly didNotRun: DidNotRunAlerts,
  ) {}

  /**
   * Writes the end, with all that follows from it, in one transaction, which ends that come at the same time share. An end that the script's
   * runner told is true, whoever brings it; that the platform failed is for the process to say that has the job.
   */
  async finish(jobId: string, end: JobEnd): Promise<void> {
    if (!end.error?.platform) return this.together.add({ jobId, end });
    await this.database.transaction(async (transaction) => {
      if (await this.isMine(transaction, jobId)) await this.finishWithin(transaction, [{ jobId, end }]);
    });
  }

  /** Ends a delivered job that cannot be claimed: it has ended, or there is nothing to run it on. */
  finishUnclaimed(jobId: string): Promise<void> {
    return this.together.add({ jobId, end: { state: 'lost' } });
  }

  /** Brings an execution's state in line with its jobs. */
  async settleAgain(executionId: string): Promise<void> {
    await this.database.transaction((transaction) => this.settle(transaction, [executionId]));
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
      await this.finishWithin(transaction, [{ jobId: id, end: { state: 'cancelled' } }]);
    } else {
      await this.notifications.publish(transaction, { kind: 'job.cancel_requested', jobId: id });
    }
  }

  /** As `finish`, inside a transaction. */
  async finishWithin(transaction: EntityManager, ended: readonly EndedJob[]): Promise<void> {
    const jobs = await this.recordEnds(transaction, ended);
    await this.queue.complete(
      transaction,
      ended.map(({ jobId }) => jobId),
    );
    if (jobs.length === 0) return;
    for (const { id: jobId, execution_id: executionId } of jobs) {
      await this.notifications.publish(transaction, { kind: 'job.finished', jobId, executionId });
    }
    const ends = new Map(ended.map(({ jobId, end }) => [jobId, end]));
    for (const job of jobs) await this.goOn(transaction, job, ends.get(job.id));
    await this.settle(transaction, [...new Set(jobs.map((job) => job.execution_id))]);
    await this.admission.decideWithin(transaction);
  }

  private async finishTogether(ended: readonly EndedJob[]): Promise<void[]> {
    await this.database.transaction((transaction) => this.finishWithin(transaction, ended));
    return ended.map(() => undefined);
  }

  /** @returns those that had not ended before */
  private async recordEnds(transaction: EntityManager, ended: readonly EndedJob[]): Promise<EndedRow[]> {
    const [rows] = await transaction.query<[EndedRow[], number]>(
      `UPDATE jobs job
          SET state = given.state, exit_code = given.exit_code, signal = given.signal, error = given.error, usage = given.usage,
              script_ended_at = given.script_ended_at, ended_at = now(), handle = NULL, worker_id = NULL, waiting_for = NULL,
              waiting_since = NULL, wait_until = NULL
         FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::jsonb[], $6::jsonb[], $7::timestamptz[])
              AS given(id, state, exit_code, signal, error, usage, script_ended_at)
        WHERE job.id = given.id AND job.state IN ('queued', 'starting', 'running')
       RETURNING job.id, job.execution_id, job.attempt, job.cancel_requested_at IS NOT NULL AS "isCancelled"`,
      [
        ended.map(({ jobId }) => jobId),
        ended.map(({ end }) => end.state),
        ended.map(({ end }) => end.exitCode ?? null),
        ended.map(({ end }) => end.signal ?? null),
        ended.map(({ end }) => (end.error ? JSON.stringify(end.error) : null)),
        ended.map(({ end }) => (end.usage ? JSON.stringify(end.usage) : null)),
        ended.map(({ end }) => end.scriptEndedAt ?? null),
      ],
    );
    return rows;
  }

  /** What follows when a job did not do what it was to do: the next server, or another attempt. */
  private async goOn(transaction: EntityManager, job: EndedRow, end: JobEnd | undefined): Promise<void> {
    if (!end) return;
    const isElsewhere =
      end.error?.platform === true && (await this.goOnElsewhere(transaction, job.execution_id));
    if (!isElsewhere && !job.isCancelled) await this.tryAgain(transaction, job, end);
  }

  /** With the strategy `failover`, a job that the platform failed is tried on the next server. */
  private async goOnElsewhere(transaction: EntityManager, executionId: string): Promise<boolean> {
    const [servers] = await transaction.query<[NextServerRow[], number]>(
      `UPDATE executions execution SET failover_servers = execution.failover_servers[2:]
         FROM servers server
        WHERE execution.id = $1 AND server.id = execution.failover_servers[1]
       RETURNING server.id, server.name, server.type, execution.owner_id AS "ownerId", execution.event_id AS "eventId",
                 (SELECT max(position) + 1 FROM jobs WHERE execution_id = $1) AS position`,
      [executionId],
    );
    const server = servers[0];
    if (!server) return false;
    await transaction.query(
      `INSERT INTO jobs (id, execution_id, owner_id, event_id, precedence, server_id, server_name, server_type, position, state)
       VALUES ($1, $2, $3, $4, ${begunPrecedence}, $5, $6, $7, $8, 'queued')`,
      [
        ...[uuid(), executionId, server.ownerId, server.eventId],
        ...[server.id, server.name, server.type, server.position],
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
                         attempt, state, not_before)
       SELECT $2, execution_id, owner_id, event_id, ${begunPrecedence}, server_id, server_name, server_type, position,
              attempt + 1, 'queued', now() + make_interval(secs => $3)
         FROM jobs WHERE id = $1 AND server_id IS NOT NULL`,
      [id, uuid(), pause],
    );
    // Whoever admits jobs is to wake when its pause is over.
    await this.notifications.publish(transaction, { kind: 'job.queued' });
  }

  /**
   * Brings the executions' states in line with their jobs. Their rows are locked first, so that the last of two ending jobs sees both; in the
   * order of their ids, so that two transactions do not wait for each other.
   */
  private async settle(transaction: EntityManager, executionIds: readonly string[]): Promise<void> {
    const executions = await transaction.query<SettledRow[]>(
      'SELECT id, target_strategy, event_id, event_name, planned_at FROM executions WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE',
      [executionIds],
    );
    const jobs = await transaction.query<StateRow[]>(
      `SELECT execution_id AS "executionId", state, attempt = max(attempt) OVER (PARTITION BY execution_id, position) AS "isLast"
         FROM jobs WHERE execution_id = ANY($1) ORDER BY position, attempt`,
      [executionIds],
    );
    const settled = executions.map((execution) => ({
      execution,
      ...stateOf(
        jobs.filter(({ executionId }) => executionId === execution.id),
        execution.target_strategy,
      ),
    }));
    await transaction.query(
      `UPDATE executions execution SET state = given.state, ended_at = CASE WHEN given.finished THEN now() END
         FROM unnest($1::uuid[], $2::text[], $3::boolean[]) AS given(id, state, finished)
        WHERE execution.id = given.id`,
      [
        settled.map(({ execution }) => execution.id),
        settled.map(({ state }) => state),
        settled.map(({ finished }) => finished),
      ],
    );
    for (const { execution, state, finished } of settled) {
      if (!finished) continue;
      await this.notifications.publish(transaction, {
        ...{ kind: 'execution.finished', executionId: execution.id },
      });
      if (state === 'skipped') await this.tellOfSkipped(transaction, execution);
    }
  }

  /** A planned run that was kept from running by what had changed since it was queued. */
  private async tellOfSkipped(
    transaction: EntityManager,
    { id: executionId, event_id: id, event_name: name, planned_at: plannedAt }: SettledRow,
  ): Promise<void> {
    if (id === null || plannedAt === null) return;
    const [job] = await transaction.query<{ error: JobError | null }[]>(
      'SELECT error FROM jobs WHERE execution_id = $1 ORDER BY position LIMIT 1',
      [executionId],
    );
    if (job?.error) await this.didNotRun.note(transaction, { id, name }, [{ plannedAt, reason: job.error }]);
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

interface StateRow {
  executionId: string;
  state: JobState;
  isLast: boolean;
}

interface SettledRow {
  id: string;
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
  position: number;
}

/** An execution's state, and whether that is its end. Of several attempts on a server the last one counts. */
function stateOf(jobs: readonly StateRow[], strategy: TargetStrategy) {
  const finished = !jobs.some(({ state }) => isActive(state));
  const states = jobs.filter(({ isLast }) => isLast || !finished).map(({ state }) => state);
  return { finished, state: executionStateOf(states, strategy) };
}

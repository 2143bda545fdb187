import { outageCodes } from '@cronium/execution';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { filter, type Subscription } from 'rxjs';
import { DataSource, type EntityManager } from 'typeorm';

import { type Notification, Notifications } from '../database/notifications';
import { Processes } from '../database/processes';
import { Admission } from '../executions/admission/admission';
import { JobQueue } from '../executions/job-queue';
import { JobEnds } from '../executions/job-ends';
import type { ClaimedJob } from '../executions/job-store';
import { ServerHealth } from '../servers/server-health';
import { WakeLoop } from '../wake-loop';
import { failedBy, type Outage, waitedInVain } from './job-end';

/**
 * What came of the wish to put a job to wait. `waits`: it is queued again. `server_is_back`: it may start. `time_is_up`: it has waited as
 * long as it may. `cancelled`: someone asked for that meanwhile. `taken`: another worker started it, or ended it.
 */
export type HoldOutcome = 'waits' | 'server_is_back' | 'time_is_up' | 'cancelled' | 'taken';

/** What may end a wait, or move its bound; and that there is one. */
const reasons: readonly Notification['kind'][] = [
  'server.health',
  'server.changed',
  'job.waiting',
  'reconnected',
];
/** Jobs let go, or found to be ended, in one statement. */
const batch = 200;
/** Whatever no notification told is found after this long. */
const lookAgainMilliseconds = 30_000;

/**
 * Jobs that wait for their server to be back. Such a job is queued and has no message: no worker gets it, and nothing but its row has to
 * survive. When the server is back, or unknown, it may be admitted again.
 */
@Injectable()
export class JobWaits implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(JobWaits.name);
  private readonly loop = new WakeLoop(
    async () => {
      // Most of the time nothing waits.
      if ((await this.millisecondsToNextBound()) === null) return lookAgainMilliseconds;
      await this.review();
      return Math.min((await this.millisecondsToNextBound()) ?? lookAgainMilliseconds, lookAgainMilliseconds);
    },
    (error) =>
      this.logger.warn({ err: error }, 'Waiting jobs could not be looked through; it is tried again.'),
  );
  private listening: Subscription | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly ends: JobEnds,
    private readonly queue: JobQueue,
    private readonly health: ServerHealth,
    private readonly notifications: Notifications,
    private readonly admission: Admission,
    private readonly processes: Processes,
  ) {}

  onApplicationBootstrap(): void {
    this.listening = this.notifications.messages
      .pipe(filter(({ kind }) => reasons.includes(kind)))
      .subscribe(() => this.loop.wake());
    this.loop.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.listening?.unsubscribe();
    await this.loop.stop();
  }

  /**
   * Puts a claimed job whose script was certainly not started to wait.
   * @param isNews this job found the outage, which is made known; otherwise a check had, and may have been contradicted since
   */
  async hold(job: ClaimedJob, outage: Outage, isNews: boolean): Promise<HoldOutcome> {
    return this.database.transaction(async (transaction) => {
      // First the server's health: from here on until the end of this transaction nobody finds it back and lets jobs go without this one.
      if (isNews) await this.health.recordOutage(transaction, job.server.id, outage);
      else if (!(await this.health.isStillAway(transaction, job.server.id))) return 'server_is_back';
      const [row] = await transaction.query<HeldRow[]>(
        `SELECT job.state = 'starting' AND job.handle IS NULL AND job.worker_id = $2 AS "isMine",
                job.cancel_requested_at IS NOT NULL AS "isCancelled",
                server.wait_minutes * 60 - job.waited_seconds AS "secondsLeft"
           FROM jobs job JOIN servers server ON server.id = job.server_id WHERE job.id = $1 FOR UPDATE OF job`,
        [job.id, this.processes.id],
      );
      if (!row?.isMine) return 'taken';
      if (row.isCancelled) return 'cancelled';
      if (row.secondsLeft <= 0) return 'time_is_up';
      await transaction.query(
        `UPDATE jobs SET state = 'queued', starting_at = NULL, admitted_at = NULL, worker_id = NULL, waiting_for = $2, waiting_since = now(),
                         wait_until = now() + make_interval(secs => $3) WHERE id = $1`,
        [job.id, outage, row.secondsLeft],
      );
      await this.queue.remove(transaction, job.id);
      await this.publish(transaction, { id: job.id, executionId: job.executionId });
      // Its place is free.
      await this.admission.decideWithin(transaction);
      return 'waits';
    });
  }

  /** A job found the server away, and does not wait. */
  async makeKnown(job: ClaimedJob, outage: Outage): Promise<void> {
    await this.database.transaction((transaction) =>
      this.health.recordOutage(transaction, job.server.id, outage),
    );
  }

  /** Lets go, or ends, the jobs whose wait is over. Any number of processes may do so at the same time. */
  async review(): Promise<void> {
    await this.followBounds();
    for (;;) {
      const over = await this.whoseWaitIsOver();
      const released = over.filter(({ outage }) => outage === null);
      if (released.length > 0) await this.release(released.map(({ id }) => id));
      for (const { id, outage, isTimeUp } of over) if (outage) await this.end(id, outage, isTimeUp);
      if (over.length < batch) return;
    }
  }

  /** Null when nothing waits. */
  private async millisecondsToNextBound(): Promise<number | null> {
    const [row] = await this.database.query<{ dueIn: number | null }[]>(
      `SELECT extract(epoch FROM min(wait_until) - now())::float8 * 1000 AS "dueIn" FROM jobs WHERE waiting_since IS NOT NULL`,
    );
    // Not before it: a timer may fire a little early.
    return row?.dueIn == null ? null : Math.max(0, row.dueIn) + 1;
  }

  /** A bound that was changed holds for jobs that wait already. */
  private async followBounds(): Promise<void> {
    const bound = 'job.waiting_since + make_interval(secs => server.wait_minutes * 60 - job.waited_seconds)';
    const [changed] = await this.database.query<[JobRef[], number]>(
      `UPDATE jobs job SET wait_until = ${bound}
         FROM servers server
        WHERE job.waiting_since IS NOT NULL AND server.id = job.server_id
          -- Stored to the millisecond.
          AND abs(extract(epoch FROM job.wait_until - (${bound}))) > 1
       RETURNING job.id, job.execution_id AS "executionId"`,
    );
    await this.publish(this.database.manager, ...changed);
  }

  private async whoseWaitIsOver(): Promise<OverRow[]> {
    return this.database.query(
      `SELECT job.id, CASE WHEN health.healthy IS FALSE THEN health.reason END AS outage,
              job.wait_until <= now() AS "isTimeUp"
         FROM jobs job
         JOIN servers server ON server.id = job.server_id
         LEFT JOIN server_health health ON health.server_id = server.id
        WHERE job.waiting_since IS NOT NULL
          AND (health.healthy IS NOT FALSE OR job.wait_until <= now() OR server.when_unhealthy = 'fail'
               OR health.reason ->> 'code' <> ALL ($1))
        ORDER BY job.id LIMIT ${batch}`,
      [outageCodes],
    );
  }

  private async release(jobIds: readonly string[]): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const [released] = await transaction.query<[JobRef[], number]>(
        `WITH mine AS (
           SELECT id FROM jobs WHERE id = ANY($1) AND waiting_since IS NOT NULL ORDER BY id FOR UPDATE SKIP LOCKED)
         UPDATE jobs job
            SET waited_seconds = job.waited_seconds + extract(epoch FROM now() - job.waiting_since),
                waiting_for = NULL, waiting_since = NULL, wait_until = NULL
           FROM mine
          WHERE job.id = mine.id
         RETURNING job.id, job.execution_id AS "executionId"`,
        [jobIds],
      );
      if (released.length === 0) return;
      await this.publish(transaction, ...released);
      await this.admission.decideWithin(transaction);
    });
  }

  /** In a transaction each: it locks the execution, and two of them in another order would wait for each other. */
  private async end(jobId: string, outage: Outage, isTimeUp: boolean): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const mine = await transaction.query<unknown[]>(
        'SELECT 1 FROM jobs WHERE id = $1 AND waiting_since IS NOT NULL FOR UPDATE SKIP LOCKED',
        [jobId],
      );
      if (mine.length === 0) return;
      const end = isTimeUp ? waitedInVain(outage) : failedBy(outage);
      await this.ends.finishWithin(transaction, [{ jobId, end }]);
    });
  }

  private async publish(manager: EntityManager, ...jobs: readonly JobRef[]): Promise<void> {
    for (const { id, executionId } of jobs) {
      await this.notifications.publish(manager, { kind: 'job.waiting', jobId: id, executionId });
    }
  }
}

interface JobRef {
  readonly id: string;
  readonly executionId: string;
}

interface HeldRow {
  readonly isMine: boolean;
  readonly isCancelled: boolean;
  readonly secondsLeft: number;
}

interface OverRow {
  readonly id: string;
  /** Null when the server is back, or nothing is known of it. */
  readonly outage: Outage | null;
  readonly isTimeUp: boolean;
}

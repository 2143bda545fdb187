import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

import { DatabaseWatch } from '../database/database-watch';
import { Processes } from '../database/processes';
import { JobEnds } from '../executions/job-ends';
import { JobQueue } from '../executions/job-queue';
import { Metrics } from '../monitoring/metrics';
import { WakeLoop } from '../wake-loop';

const everyMilliseconds = 60_000;
/** Between a row and its message a worker may be at work: what is out of step for so long is mended. */
const settledSeconds = 20;

/**
 * Compares the rows, which are the record, with the queue and with the processes that are there, and mends what is out of step. What is left of
 * sandboxes and of scripts on hosts is swept by the executors, which ask the rows as well.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Reconciler.name);
  private readonly mended = this.metrics.counter(
    'cronium_reconciler_mended_total',
    'What the reconciler found out of step and mended.',
    'what',
  );
  private readonly loop = new WakeLoop(
    async () => {
      await this.reconcile();
      return everyMilliseconds;
    },
    (error) => this.logger.warn({ err: error }, 'Rows and queue could not be compared; it is tried again.'),
  );
  private listening: Subscription | undefined;
  private takingOver: Promise<void> | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly processes: Processes,
    private readonly watch: DatabaseWatch,
    private readonly queue: JobQueue,
    private readonly ends: JobEnds,
    private readonly metrics: Metrics,
  ) {}

  onApplicationBootstrap(): void {
    this.listening = this.watch.dead.subscribe((ids) => {
      this.takingOver ??= this.takeOver(ids)
        .catch((error: unknown) =>
          this.logger.warn(
            { err: error },
            'The jobs of a dead worker could not be taken over; it is tried again.',
          ),
        )
        .finally(() => (this.takingOver = undefined));
    });
    this.loop.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.listening?.unsubscribe();
    await this.takingOver;
    await this.loop.stop();
  }

  /** Mends what is out of step. Any number of processes may do so at the same time. */
  async reconcile(): Promise<void> {
    await this.sendLostMessages();
    await this.takeFromNobody();
    await this.settleExecutions();
  }

  /** What dead processes had goes to whoever is free. */
  private async takeOver(processIds: readonly string[]): Promise<void> {
    for (const id of processIds) {
      const jobs = await this.database.transaction(async (transaction) => {
        if (!(await this.processes.bury(transaction, id))) return null;
        const [rows] = await transaction.query<[{ id: string }[], number]>(
          'UPDATE jobs SET worker_id = NULL WHERE worker_id = $1 AND ended_at IS NULL RETURNING id',
          [id],
        );
        await this.queue.sendAgain(
          transaction,
          rows.map((row) => row.id),
        );
        return rows.length;
      });
      if (jobs === null) continue;
      this.report('job_of_dead_worker', jobs);
      this.logger.warn({ processId: id, jobs }, 'A process is gone; what it ran is taken over.');
    }
  }

  /** A job that has a place and is not with a worker has a message that says so. */
  private async sendLostMessages(): Promise<void> {
    await this.sendAgain(
      'message_lost',
      `SELECT job.id FROM jobs job
        WHERE job.admitted_at < now() - make_interval(secs => ${settledSeconds}) AND job.ended_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM pgboss.job message
                           WHERE message.name = 'jobs' AND message.id = job.id AND message.state IN ('created', 'retry', 'active'))
        ORDER BY job.id FOR UPDATE OF job SKIP LOCKED`,
    );
  }

  /** A worker that was killed between the message and the row, or a process nobody knows, has none of them. */
  private async takeFromNobody(): Promise<void> {
    await this.sendAgain(
      'message_of_nobody',
      `SELECT job.id FROM jobs job JOIN pgboss.job message ON message.name = 'jobs' AND message.id = job.id
        WHERE job.ended_at IS NULL AND message.state = 'active'
          AND message.started_on < now() - make_interval(secs => ${settledSeconds})
          AND NOT EXISTS (SELECT 1 FROM processes WHERE id = job.worker_id)
        ORDER BY job.id FOR UPDATE OF job SKIP LOCKED`,
    );
  }

  private async sendAgain(what: string, query: string): Promise<void> {
    const count = await this.database.transaction(async (transaction) => {
      const rows = await transaction.query<{ id: string }[]>(query);
      await this.queue.sendAgain(
        transaction,
        rows.map(({ id }) => id),
      );
      return rows.length;
    });
    this.report(what, count);
  }

  private async settleExecutions(): Promise<void> {
    const stuck = await this.database.query<{ id: string }[]>(
      `SELECT execution.id FROM executions execution
        WHERE execution.ended_at IS NULL AND execution.created_at < now() - make_interval(secs => ${settledSeconds})
          AND NOT EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND ended_at IS NULL)
        ORDER BY execution.id LIMIT 100`,
    );
    for (const { id } of stuck) await this.ends.settleAgain(id);
    this.report('execution_not_ended', stuck.length);
  }

  private report(what: string, count: number): void {
    if (count === 0) return;
    this.mended.inc({ what }, count);
    this.logger.warn({ what, count }, 'Something was out of step and was mended.');
  }
}

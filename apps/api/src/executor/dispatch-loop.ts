import { ScriptTakenOverError } from '@cronium/execution';
import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription } from 'rxjs';

import { Config } from '../config/config';
import { type Notification, Notifications } from '../database/notifications';
import { Patience } from '../database/patience';
import { JobQueue } from '../executions/job-queue';
import { JobStore } from '../executions/job-store';
import { correlate } from '../tracing/correlation';
import { ExecutorRegistry } from './executor-registry';
import { JobRunner } from './job-runner';

interface RunningJob {
  readonly cancel: AbortController;
  /** Whether its end was recorded. */
  readonly ended: Promise<boolean>;
}

/** Missed wake-ups (a lost connection, a message delivered again) are found after this long. */
const pollMilliseconds = 30_000;
const reviewMilliseconds = 5000;
/** A job whose end could not be recorded is delivered again after this long. */
const againMilliseconds = 5000;
/** What is left to write when this process goes is tried for so long. */
const lastWriteMilliseconds = 5000;

/**
 * Takes jobs from the queue as long as this process has room, and runs them. Woken by NOTIFY and by every job that ends; pg-boss' own
 * loop would sleep its polling interval between jobs (docs/adr/0001).
 */
@Injectable()
export class DispatchLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DispatchLoop.name);
  private readonly running = new Map<string, RunningJob>();
  private readonly deliveredAgain = new Set<string>();
  private subscription: Subscription | undefined;
  private fetching: Promise<void> | undefined;
  private wokenWhileFetching = false;
  /** Whether the queue may hold what this process has not taken: otherwise the end of a job is no reason to look. */
  private mayHoldMore = true;
  private stopping = false;

  constructor(
    private readonly config: Config,
    private readonly queue: JobQueue,
    private readonly jobs: JobStore,
    private readonly runner: JobRunner,
    private readonly executors: ExecutorRegistry,
    private readonly notifications: Notifications,
    private readonly patience: Patience,
  ) {}

  onApplicationBootstrap(): void {
    this.subscription = this.notifications.messages.subscribe((message) => this.hear(message));
    this.wake();
  }

  /** Ends or lets go of what runs, as configured, before the queue and the executors go. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.subscription?.unsubscribe();
    // A database that is away keeps nobody from going: what it does not hear of is found by the successor.
    const limit = setTimeout(() => this.patience.giveUp(), lastWriteMilliseconds);
    await this.fetching;
    const left = [...this.running];
    if (this.config.onShutdown === 'end_jobs') {
      left.forEach(([, job]) => job.cancel.abort());
      await Promise.all(left.map(([, job]) => job.ended));
    } else {
      // First the servers, then the queue: while this process still heard of a script, a successor would store its lines a second time.
      await this.executors.leave();
      await Promise.all(
        left.map(async ([jobId, { ended }]) => {
          if (!(await ended)) await this.queue.release(jobId).catch(() => undefined);
        }),
      );
    }
    clearTimeout(limit);
  }

  @Interval(pollMilliseconds)
  wake(): void {
    if (this.stopping) return;
    this.mayHoldMore = true;
    if (this.fetching) {
      this.wokenWhileFetching = true;
      return;
    }
    this.fetching = this.fill().finally(() => {
      this.fetching = undefined;
      if (this.wokenWhileFetching) {
        this.wokenWhileFetching = false;
        this.wake();
      }
    });
  }

  /** Looks for cancellations whose notification was missed, and for jobs that another process has taken over. */
  @Interval(reviewMilliseconds)
  async review(): Promise<void> {
    const jobIds = [...this.running.keys()];
    if (jobIds.length === 0 || this.stopping) return;
    try {
      for (const { id, isTaken } of await this.jobs.leaveAlone(jobIds)) {
        this.running.get(id)?.cancel.abort(isTaken ? new ScriptTakenOverError() : undefined);
      }
    } catch (error) {
      this.logger.warn(
        { err: error },
        'Running jobs could not be compared with the database; it is repeated.',
      );
    }
  }

  private hear(message: Notification): void {
    if (message.kind === 'job.admitted' || message.kind === 'reconnected') this.wake();
    if (message.kind === 'job.cancel_requested') this.running.get(message.jobId)?.cancel.abort();
  }

  private async fill(): Promise<void> {
    try {
      for (;;) {
        const room = this.config.workerConcurrency - this.running.size;
        if (room <= 0 || this.stopping) return;
        const jobIds = await this.queue.fetch(room);
        this.mayHoldMore = jobIds.length >= room;
        jobIds.forEach((jobId) => this.begin(jobId));
        if (!this.mayHoldMore) return;
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'Jobs could not be taken from the queue; it is tried again.');
    }
  }

  private async giveBack(jobId: string): Promise<void> {
    if (this.stopping) return;
    await this.patience
      .persist(() => this.queue.release(jobId))
      .then(() => this.wake())
      .catch((error: unknown) => this.logger.warn({ err: error, jobId }, 'A job could not be given back.'));
  }

  /**
   * Delivered again to the worker that has it, since others thought it dead, or after the queue's longest active time: it just goes on. It
   * may have been let go of in this very moment; then it begins again.
   */
  private keep(jobId: string): void {
    this.deliveredAgain.add(jobId);
    this.jobs
      .keep(jobId)
      .catch((error: unknown) => this.logger.warn({ err: error, jobId }, 'A job could not be kept.'));
  }

  private begin(jobId: string): void {
    if (this.running.has(jobId)) {
      this.keep(jobId);
      return;
    }
    const cancel = new AbortController();
    // Not under the ids of a job whose end made room for this one.
    const ended = correlate({ jobId }, () => this.runner.run(jobId, cancel.signal))
      .then(async (recorded) => {
        // Its server got another executor (a new configuration): the job is delivered again, to go on there.
        if (!recorded && !this.stopping) {
          await this.patience.persist(() => this.queue.release(jobId));
          this.mayHoldMore = true;
        }
        return recorded;
      })
      .catch((error: unknown) => {
        this.logger.error({ err: error, jobId }, 'A job’s end could not be recorded; it is looked at again.');
        // Not at once: what failed is likely to fail again.
        setTimeout(() => void this.giveBack(jobId), againMilliseconds).unref();
        return false;
      })
      .finally(() => {
        this.running.delete(jobId);
        if (this.deliveredAgain.delete(jobId) && !this.stopping) this.begin(jobId);
        if (this.mayHoldMore) this.wake();
      });
    this.running.set(jobId, { cancel, ended });
  }
}

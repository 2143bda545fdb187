import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription } from 'rxjs';

import { Config } from '../config/config';
import { type Notification, Notifications } from '../database/notifications';
import { heartbeatSeconds, JobQueue } from '../executions/job-queue';
import { JobStore } from '../executions/job-store';
import { JobRunner } from './job-runner';

interface RunningJob {
  readonly cancel: AbortController;
  readonly ended: Promise<void>;
}

/** Missed wake-ups (a lost connection, a message delivered again) are found after this long. */
const pollMilliseconds = 2000;

/**
 * Takes jobs from the queue as long as this process has room, and runs them. Woken by NOTIFY and by every job that ends; pg-boss' own
 * loop would sleep its polling interval between jobs (docs/adr/0001).
 */
@Injectable()
export class DispatchLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(DispatchLoop.name);
  private readonly running = new Map<string, RunningJob>();
  private readonly letGo = new AbortController();
  private subscription: Subscription | undefined;
  private fetching: Promise<void> | undefined;
  private wokenWhileFetching = false;
  private stopping = false;

  constructor(
    private readonly config: Config,
    private readonly queue: JobQueue,
    private readonly jobs: JobStore,
    private readonly runner: JobRunner,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.subscription = this.notifications.messages.subscribe((message) => this.hear(message));
    this.wake();
  }

  /** Ends or lets go of what runs, as configured, before the queue and the executors go. */
  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.subscription?.unsubscribe();
    await this.fetching;
    const left = [...this.running];
    if (this.config.onShutdown === 'end_jobs') {
      left.forEach(([, job]) => job.cancel.abort());
      await Promise.all(left.map(([, job]) => job.ended));
    } else {
      this.letGo.abort();
      await Promise.all(left.map(([jobId]) => this.queue.release(jobId)));
    }
  }

  @Interval(pollMilliseconds)
  wake(): void {
    if (this.stopping) return;
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

  /** Tells the queue that this process lives, and looks for cancellations whose notification was missed. */
  @Interval((heartbeatSeconds * 1000) / 3)
  async beat(): Promise<void> {
    const jobIds = [...this.running.keys()];
    if (jobIds.length === 0 || this.stopping) return;
    try {
      await this.queue.touch(jobIds);
      (await this.jobs.cancelRequested(jobIds)).forEach((jobId) => this.running.get(jobId)?.cancel.abort());
    } catch (error) {
      this.logger.warn(
        { err: error },
        'The heartbeat of running jobs did not reach the database; it is repeated.',
      );
    }
  }

  private hear(message: Notification): void {
    if (message.kind === 'job.queued' || message.kind === 'reconnected') this.wake();
    if (message.kind === 'job.cancel_requested') this.running.get(message.jobId)?.cancel.abort();
  }

  private async fill(): Promise<void> {
    try {
      for (;;) {
        const room = this.config.workerConcurrency - this.running.size;
        if (room <= 0 || this.stopping) return;
        const jobIds = await this.queue.fetch(room);
        jobIds.forEach((jobId) => this.begin(jobId));
        if (jobIds.length < room) return;
      }
    } catch (error) {
      this.logger.warn({ err: error }, 'Jobs could not be taken from the queue; it is tried again.');
    }
  }

  private begin(jobId: string): void {
    // Delivered again to the worker that has it (the queue's longest active time, or a late heartbeat): it just goes on.
    if (this.running.has(jobId)) return;
    const cancel = new AbortController();
    const ended = this.runner
      .run(jobId, cancel.signal, this.letGo.signal)
      .catch((error: unknown) =>
        this.logger.error({ err: error, jobId }, 'A job’s end could not be recorded.'),
      )
      .finally(() => {
        this.running.delete(jobId);
        this.wake();
      });
    this.running.set(jobId, { cancel, ended });
  }
}

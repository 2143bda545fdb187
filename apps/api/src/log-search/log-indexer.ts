import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

import { Config } from '../config/config';
import { type Notification, Notifications } from '../database/notifications';
import { WakeLoop } from '../wake-loop';
import { indexEnded, type IndexedBatch, indexRunning, lockProgress, nothing } from './index-batch';

/** After an end that was heard of, so that many are indexed together. */
const endedMilliseconds = 1500;
/** After output that was heard of. */
const loggedMilliseconds = 10_000;
/** Of ends that nobody told of. */
const blindMilliseconds = 30 * 60 * 1000;
/** What it leaves to others, as a share of what it takes: it and Postgres in turn, so one processor of however many. */
const restShare = 0.25;

/** Keeps the search index up with the logs, of which it only reads: ends and output wake it, and nothing else (ADR 16). */
@Injectable()
export class LogIndexer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LogIndexer.name);
  private readonly loop = new WakeLoop(
    () => this.look(),
    (error) => this.logger.warn({ err: error }, 'Logs could not be indexed; it is tried again.'),
    10_000,
  );
  private listening: Subscription | undefined;
  private waking: { timer: NodeJS.Timeout; at: number } | undefined;

  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.config.roles.has('scheduler')) return;
    this.listening = this.notifications.messages.subscribe((message) => this.hear(message));
    this.wakeIn(endedMilliseconds);
  }

  async onApplicationShutdown(): Promise<void> {
    this.listening?.unsubscribe();
    clearTimeout(this.waking?.timer);
    await this.loop.stop();
  }

  /**
   * Indexes what there is, in batches that each commit, so that it may stop at any time. Others that are at it at the same time do nothing.
   *
   * @param rest between two batches, as a share of the time that the one before took
   */
  async run(rest = 0): Promise<IndexedBatch> {
    let lines = 0;
    for (;;) {
      const begin = performance.now();
      const ended = await this.batch(indexEnded);
      // One that writes faster than it can be indexed keeps nothing from its turn.
      const running = ended.isMore ? nothing : await this.batch(indexRunning);
      lines += ended.lines + running.lines;
      const isMore = ended.isMore || running.isMore;
      if (!isMore || this.loop.isStopped)
        return { lines, isMore, laterMs: Math.min(ended.laterMs, running.laterMs) };
      await delay((performance.now() - begin) * rest);
    }
  }

  private batch(step: typeof indexEnded): Promise<IndexedBatch> {
    return this.database.transaction(async (transaction) => {
      // Plans for many logs, however few there were when Postgres last looked.
      await transaction.query(
        `SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true), set_config('synchronous_commit', 'off', true)`,
      );
      const progress = await lockProgress(transaction);
      return progress === null ? nothing : step(transaction, progress);
    });
  }

  private async look(): Promise<number> {
    const { laterMs } = await this.run(restShare);
    return Math.min(laterMs, blindMilliseconds);
  }

  private hear({ kind }: Notification): void {
    if (kind === 'job.finished' || kind === 'reconnected') this.wakeIn(endedMilliseconds);
    else if (kind === 'job.logged') this.wakeIn(loggedMilliseconds);
  }

  /** At the latest. */
  private wakeIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (this.waking && this.waking.at <= at) return;
    clearTimeout(this.waking?.timer);
    const wake = () => {
      this.waking = undefined;
      this.loop.wake();
    };
    this.waking = { timer: setTimeout(wake, milliseconds), at };
  }
}

import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type Db, PgBoss } from 'pg-boss';
import type { EntityManager } from 'typeorm';

import { DATABASE_URL } from '../database/database-url';
import { type Notification, notificationChannel, Notifications } from '../database/notifications';

const queue = 'jobs';

/** A message of the queue: its id is the job's. */
export interface QueuedJob {
  readonly id: string;
  readonly serverId: string;
  readonly maxConcurrentJobs: number;
}

/**
 * Delivery of jobs to workers by pg-boss, in its own schema of the same database, so that rows and messages commit together. A message
 * stays active while its worker touches it; a dead worker's message is delivered again after `heartbeatSeconds`.
 */
@Injectable()
export class JobQueue implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(JobQueue.name);
  private readonly boss: PgBoss;
  private listener: { close(): Promise<void> } | undefined;

  constructor(
    @Inject(DATABASE_URL) url: string,
    private readonly notifications: Notifications,
  ) {
    this.boss = new PgBoss({
      connectionString: url,
      application_name: 'cronium-queue',
      max: 10,
      schedule: false,
      superviseIntervalSeconds: 5,
      monitorIntervalSeconds: 5,
    });
    // pg-boss goes on by itself after an error of its connection; without a listener Node would end the process.
    this.boss.on('error', (error) => this.logger.error({ err: error }, 'The job queue reports an error.'));
  }

  async onModuleInit(): Promise<void> {
    await this.boss.start();
    await this.boss.createQueue(queue, {
      heartbeatSeconds: heartbeatSeconds,
      // Longer than pg-boss allows a job to run is bridged by delivering it again to the worker that has it.
      expireInSeconds: 24 * 3600,
      // A redelivery resumes the script; giving up is decided by the job's own rules, not by the queue.
      retryLimit: 1_000_000,
      retryDelay: 0,
      deleteAfterSeconds: 60,
    });
    const database = this.boss.getDb();
    this.listener = await database.listen?.(
      notificationChannel,
      (payload) => this.notifications.receive(JSON.parse(payload) as Notification),
      () => this.notifications.receive({ kind: 'reconnected' }),
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.listener?.close();
    await this.boss.stop({ graceful: false });
  }

  /** Inside the transaction that inserts the jobs. */
  async send(transaction: EntityManager, jobs: readonly QueuedJob[]): Promise<void> {
    const messages = jobs.map(({ id, serverId, maxConcurrentJobs }) => ({
      id,
      group: { id: serverId, tier: String(maxConcurrentJobs) },
    }));
    await this.boss.insert(queue, messages, { db: within(transaction) });
    await this.notifications.publish(transaction, { kind: 'job.queued' });
  }

  /** Takes up to `count` job ids, within each server's concurrency over all workers. */
  async fetch(count: number): Promise<string[]> {
    const messages = await this.boss.fetch(queue, {
      batchSize: count,
      groupConcurrency: { default: 1, tiers: concurrencyTiers },
    });
    return messages.map((message) => message.id);
  }

  /** Keeps these jobs this worker's. */
  async touch(jobIds: readonly string[]): Promise<void> {
    if (jobIds.length > 0) await this.boss.touch(queue, [...jobIds]);
  }

  /** Inside the transaction that records the job's end. */
  async complete(transaction: EntityManager, jobId: string): Promise<void> {
    await this.boss.complete(queue, jobId, null, { db: within(transaction) });
  }

  /** Gives a job back, to be delivered again at once. */
  async release(jobId: string): Promise<void> {
    await this.boss.fail(queue, jobId, { reason: 'worker stopped' });
  }

  /** Takes a job that no worker has out of the queue. */
  async withdraw(transaction: EntityManager, jobId: string): Promise<void> {
    await this.boss.cancel(queue, jobId, { db: within(transaction) });
  }

  /** @throws when the queue's database does not answer */
  async ping(): Promise<void> {
    await this.boss.getDb().executeSql('SELECT 1');
  }
}

/** A worker must touch its jobs more often than this; after it they are delivered to another. */
export const heartbeatSeconds = 15;

/** The tier of a message is its server's limit, written out: pg-boss looks the number up for it. */
const concurrencyTiers = Object.fromEntries(
  Array.from({ length: 512 }, (_, index) => [String(index + 1), index + 1]),
);

/** Lets pg-boss' statements run in a transaction of ours. */
function within(transaction: EntityManager): Db {
  return {
    executeSql: async (text, values) => {
      const runner = transaction.queryRunner;
      if (!runner) throw new Error('The queue was called outside a transaction.');
      const result = await runner.query(text, values, true);
      return { rows: result.records };
    },
  };
}

import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { type Db, PgBoss } from 'pg-boss';
import type { EntityManager } from 'typeorm';

import { DATABASE_URL } from '../database/database-url';
import { type Notification, notificationChannel, Notifications } from '../database/notifications';

const queue = 'jobs';

/**
 * Delivery of admitted jobs to workers by pg-boss, in its own schema of the same database, so that rows and messages commit together. What a
 * dead worker had is delivered again by the reconciler.
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
      connectionString: withoutWaitForDisk(url),
      application_name: 'cronium-queue',
      max: 10,
      schedule: false,
      superviseIntervalSeconds: 120,
      monitorIntervalSeconds: 120,
      // No message of ours waits for another, and nobody else changes our queue: asking for that would be most of what an idle process does.
      flowIntervalSeconds: 3600,
      registerInstance: false,
      bamIntervalSeconds: 3600,
      notifyHeartbeatIntervalMs: 30_000,
      queueCacheIntervalSeconds: 3600,
    });
    // pg-boss goes on by itself after an error of its connection; without a listener Node would end the process.
    this.boss.on('error', (error) => this.logger.error({ err: error }, 'The job queue reports an error.'));
  }

  async onModuleInit(): Promise<void> {
    await this.boss.start();
    const options = {
      // Longer than pg-boss allows a job to run is bridged by delivering it again to the worker that has it.
      expireInSeconds: 24 * 3600,
      // A redelivery resumes the script; giving up is decided by the job's own rules, not by the queue.
      retryLimit: 1_000_000,
      retryDelay: 0,
      deleteAfterSeconds: 60,
    };
    await this.boss.createQueue(queue, options);
    // Which worker is dead is known from its process, sooner than from the message.
    await this.boss.updateQueue(queue, { ...options, heartbeatSeconds: null });
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

  /** Inside the transaction that admits the jobs; a message's id is its job's. */
  async send(transaction: EntityManager, jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return;
    await this.boss.insert(
      queue,
      jobIds.map((id) => ({ id })),
      { db: within(transaction) },
    );
  }

  /** Takes up to `count` job ids. */
  async fetch(count: number): Promise<string[]> {
    const messages = await this.boss.fetch(queue, { batchSize: count });
    return messages.map((message) => message.id);
  }

  /** Inside the transaction that records the jobs' ends. */
  async complete(transaction: EntityManager, jobIds: readonly string[]): Promise<void> {
    await this.boss.complete(queue, [...jobIds], null, { db: within(transaction) });
  }

  /** Gives a job back, to be delivered again at once. */
  async release(jobId: string): Promise<void> {
    await this.boss.fail(queue, jobId, { reason: 'worker stopped' });
  }

  /** Takes a job that no worker has out of the queue. */
  async withdraw(transaction: EntityManager, jobId: string): Promise<void> {
    await this.boss.cancel(queue, jobId, { db: within(transaction) });
  }

  /** Part of the transaction that puts a job to wait: no worker gets it until it is sent again. */
  async remove(transaction: EntityManager, jobId: string): Promise<void> {
    await this.boss.deleteJob(queue, jobId, { db: within(transaction) });
  }

  /** Part of the transaction that takes jobs from a worker that is gone: the next that is free gets them, whatever became of their messages. */
  async sendAgain(transaction: EntityManager, jobIds: readonly string[]): Promise<void> {
    if (jobIds.length === 0) return;
    await this.boss.deleteJob(queue, [...jobIds], { db: within(transaction) });
    await this.send(transaction, jobIds);
    await this.notifications.publish(transaction, { kind: 'job.admitted' });
  }

  /** @throws when the queue's database does not answer */
  async ping(): Promise<void> {
    await this.boss.getDb().executeSql('SELECT 1');
  }
}

/**
 * What the queue does outside our transactions need not be on the disk before it goes on: a delivery that a crash of Postgres forgets is made
 * again, and the rows say what became of the job.
 */
function withoutWaitForDisk(url: string): string {
  const changed = new URL(url);
  const options = changed.searchParams.get('options');
  changed.searchParams.set('options', [options, '-c synchronous_commit=off'].filter(Boolean).join(' '));
  return changed.href;
}

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

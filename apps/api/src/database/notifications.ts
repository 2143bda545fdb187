import { type BeforeApplicationShutdown, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { setImmediate } from 'node:timers/promises';
import { Subject } from 'rxjs';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Patience } from './patience';

/** What processes tell each other through Postgres. A hint to read, never the data: the tables are the record. */
export type Notification =
  /** Jobs wait for a place that there may be. */
  | { readonly kind: 'job.queued' }
  /** Jobs have a place, and wait for a worker. */
  | { readonly kind: 'job.admitted' }
  | { readonly kind: 'job.cancel_requested'; readonly jobId: string }
  | { readonly kind: 'job.started' | 'job.finished'; readonly jobId: string; readonly executionId: string }
  /** It waits for its server, or waits no more. */
  | { readonly kind: 'job.waiting'; readonly jobId: string; readonly executionId: string }
  | { readonly kind: 'job.logged'; readonly jobId: string; readonly executionId: string }
  | { readonly kind: 'execution.created' | 'execution.finished'; readonly executionId: string }
  /** An event may be due sooner than was known. */
  | { readonly kind: 'schedule.changed' }
  | { readonly kind: 'server.changed' | 'server.health'; readonly serverId: string }
  /** A user's role or status was changed, or sessions of theirs were ended: what lasts longer than a request asks again. */
  | { readonly kind: 'access.changed'; readonly userId: string }
  /** It was opened or changed, or is over; some of it may be to deliver. */
  | { readonly kind: 'alert.changed'; readonly alertId: string }
  /** Somebody looks at what servers and jobs use: workers report it once, and then each second for so long. */
  | { readonly kind: 'monitor.watched'; readonly seconds: number }
  /** Some may have been missed while the connection was away: look at everything. */
  | { readonly kind: 'reconnected' };

export const notificationChannel = 'cronium';

/** As it goes through Postgres. */
type Message = Notification & {
  /** The process that tells it, and has heard it already. */
  readonly from?: string;
};

/** Told to Postgres in one statement at most. */
const batch = 500;

/**
 * LISTEN/NOTIFY between all processes of an installation. Delivered after the transaction that published commits, and not at all when it
 * rolls back; in this process at once, without the way through Postgres.
 *
 * Not part of that transaction: Postgres lets only one that notifies commit at a time, so that the jobs of all processes would wait for each
 * other's write to the disk. What a process that dies in between did not tell is found by those who look from time to time.
 */
@Injectable()
export class Notifications implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(Notifications.name);
  private readonly heard = new Subject<Notification>();
  readonly messages = this.heard.asObservable();
  /** Of transactions under way. */
  private readonly uncommitted = new WeakMap<QueryRunner, Notification[]>();
  private readonly untold = new Set<string>();
  private readonly origin = uuid();
  private telling: Promise<void> | undefined;

  constructor(
    private readonly database: DataSource,
    private readonly patience: Patience,
  ) {}

  onModuleInit(): void {
    this.database.subscribers.push({
      afterTransactionCommit: ({ queryRunner }) => this.release(queryRunner),
      afterTransactionRollback: ({ queryRunner }) => void this.uncommitted.delete(queryRunner),
    });
  }

  /** While the database is there; jobs have ended by now. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.telling;
  }

  /** Made known when the transaction has committed; at once where there is none. */
  publish({ queryRunner }: Pick<EntityManager, 'queryRunner'>, notification: Notification): Promise<void> {
    if (queryRunner?.isTransactionActive) {
      const before = this.uncommitted.get(queryRunner) ?? [];
      this.uncommitted.set(queryRunner, [...before, notification]);
    } else {
      this.tell([notification]);
    }
    return Promise.resolve();
  }

  /** Called by the owner of the listening connection. */
  receive(message: Message): void {
    if (message.from !== this.origin) this.heard.next(message);
  }

  private release(queryRunner: QueryRunner): void {
    // A savepoint is no commit.
    if (queryRunner.isTransactionActive) return;
    const published = this.uncommitted.get(queryRunner);
    this.uncommitted.delete(queryRunner);
    if (published) this.tell(published);
  }

  /** What comes while some is being told is told together, the same once. */
  private tell(notifications: readonly Notification[]): void {
    for (const notification of notifications) {
      const message: Message = { ...notification, from: this.origin };
      this.untold.add(JSON.stringify(message));
      // Not within the commit: whoever hears it may fail.
      queueMicrotask(() => this.heard.next(notification));
    }
    this.telling ??= this.tellAll().finally(() => (this.telling = undefined));
  }

  private async tellAll(): Promise<void> {
    // What this process does about it goes first.
    await setImmediate();
    while (this.untold.size > 0) {
      const payloads = [...this.untold].slice(0, batch);
      payloads.forEach((payload) => this.untold.delete(payload));
      await this.patience
        .persist(() =>
          // A hint need not be on the disk.
          this.database.query(
            `SELECT set_config('synchronous_commit', 'off', true), pg_notify($1, payload) FROM unnest($2::text[]) payload`,
            [notificationChannel, payloads],
          ),
        )
        .catch((error: unknown) =>
          this.logger.warn({ err: error }, 'Other processes could not be told of a change; they will look.'),
        );
    }
  }
}

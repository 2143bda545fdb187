import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import type { EntityManager } from 'typeorm';

/** What processes tell each other through Postgres. A hint to read, never the data: the tables are the record. */
export type Notification =
  | { readonly kind: 'job.queued' }
  | { readonly kind: 'job.cancel_requested'; readonly jobId: string }
  | { readonly kind: 'job.started' | 'job.finished'; readonly jobId: string; readonly executionId: string }
  | { readonly kind: 'job.logged'; readonly jobId: string; readonly executionId: string }
  | { readonly kind: 'execution.created' | 'execution.finished'; readonly executionId: string }
  | { readonly kind: 'server.changed'; readonly serverId: string }
  /** Some may have been missed while the connection was away: look at everything. */
  | { readonly kind: 'reconnected' };

export const notificationChannel = 'cronium';

/**
 * LISTEN/NOTIFY between all processes of an installation, this one included. Delivered after the transaction that published commits, and
 * not at all when it rolls back.
 */
@Injectable()
export class Notifications {
  private readonly heard = new Subject<Notification>();
  readonly messages = this.heard.asObservable();

  async publish(transaction: Pick<EntityManager, 'query'>, notification: Notification): Promise<void> {
    await transaction.query('SELECT pg_notify($1, $2)', [notificationChannel, JSON.stringify(notification)]);
  }

  /** Called by the owner of the listening connection. */
  receive(notification: Notification): void {
    this.heard.next(notification);
  }
}

import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { filter, type Subscription } from 'rxjs';

import { Notifications } from '../../database/notifications';
import { WakeLoop } from '../../wake-loop';
import { Deliverer } from './deliverer';

/** Nothing waits: the evaluator, which looks once a minute, finds what was not heard of. */
const nothingWaitsMilliseconds = 3_600_000;

/** Delivers when an alert changes, and when an attempt is to be repeated. */
@Injectable()
export class DeliveryLoop implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DeliveryLoop.name);
  private readonly loop = new WakeLoop(
    () => this.look(),
    (error) => this.logger.warn({ err: error }, 'Alerts could not be delivered; it is tried again.'),
    5000,
  );
  private listening: Subscription | undefined;

  constructor(
    private readonly deliverer: Deliverer,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.listening = this.notifications.messages
      .pipe(filter(({ kind }) => kind === 'alert.changed' || kind === 'reconnected'))
      .subscribe(() => this.wake());
  }

  async onApplicationShutdown(): Promise<void> {
    this.listening?.unsubscribe();
    await this.loop.stop();
  }

  /** There is something to deliver. */
  wake(): void {
    this.loop.wake();
  }

  private async look(): Promise<number> {
    while ((await this.deliverer.deliverDue(new Date())) > 0 && !this.loop.isStopped);
    const next = await this.deliverer.nextAt();
    if (next === null) return nothingWaitsMilliseconds;
    return Math.max(100, Math.min(nothingWaitsMilliseconds, next.getTime() - Date.now()));
  }
}

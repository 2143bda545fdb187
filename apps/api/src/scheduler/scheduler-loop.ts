import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { filter, type Subscription } from 'rxjs';

import { Notifications } from '../database/notifications';
import { ScheduledEvents } from '../events/scheduled-events';
import { WakeLoop } from '../wake-loop';
import { ScheduledRuns } from './scheduled-runs';

/** Events taken with one look. */
const batch = 200;
/** Read, and then taken, in one transaction. */
const together = 50;
/** A change that was not heard, or a clock that was set, is noticed after this long; so is a database that was away. */
const lookAgainMilliseconds = 30_000;
const retryMilliseconds = 1_000;

/**
 * Wakes when the nearest run is due, by the database's clock, and takes what is due. Any number of processes may do so: each run is claimed
 * in its event's row.
 */
@Injectable()
export class SchedulerLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(SchedulerLoop.name);
  private readonly loop = new WakeLoop(
    () => this.look(),
    (error) => this.logger.warn({ err: error }, 'The schedule could not be read; it is tried again.'),
    retryMilliseconds,
  );
  private subscription: Subscription | undefined;
  private stopping = false;

  constructor(
    private readonly events: ScheduledEvents,
    private readonly runs: ScheduledRuns,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.subscription = this.notifications.messages
      .pipe(filter(({ kind }) => kind === 'schedule.changed' || kind === 'reconnected'))
      .subscribe(() => this.loop.wake());
    this.loop.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping = true;
    this.subscription?.unsubscribe();
    await this.loop.stop();
  }

  /** Takes what is due; milliseconds until there is more. */
  private async look(): Promise<number> {
    const { now, ids, nextInMilliseconds } = await this.events.due(batch);
    const failed: string[] = [];
    for (let first = 0; first < ids.length && !this.stopping; first += together) {
      failed.push(...(await this.take(ids.slice(first, first + together), now)));
    }
    if (failed.length > 0) return retryMilliseconds;
    // What was taken has its next run by now.
    if (ids.length > 0) return 0;
    return Math.min(nextInMilliseconds ?? lookAgainMilliseconds, lookAgainMilliseconds);
  }

  /**
   * One that cannot be taken keeps no other from running.
   *
   * @returns ids of those that could not be taken
   */
  private async take(ids: readonly string[], now: Date): Promise<string[]> {
    if (this.stopping) return [];
    try {
      const events = await this.events.read(ids);
      if (events.length > 0) await this.runs.take(events, now);
      return [];
    } catch (error) {
      if (ids.length > 1) {
        const failed: string[] = [];
        for (const id of ids) failed.push(...(await this.take([id], now)));
        return failed;
      }
      this.logger.error(
        { err: error, eventIds: ids },
        'A scheduled run could not be started; it is tried again.',
      );
      return [...ids];
    }
  }
}

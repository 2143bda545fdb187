import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { filter, type Subscription } from 'rxjs';

import { Notifications } from '../database/notifications';
import { EventsService, type ScheduledEvent } from '../events/events.service';
import { WakeLoop } from '../wake-loop';
import { ScheduledRuns } from './scheduled-runs';

/** Events taken with one look. */
const batch = 200;
/** Read together, shortly before they are taken. */
const readAtOnce = 10;
/** Taken beside each other: each holds a connection of the pool while it commits. */
const concurrency = 8;
/** A change that was not heard, or a clock that was set, is noticed after this long; so is a database that was away. */
const lookAgainMilliseconds = 20_000;
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
    private readonly events: EventsService,
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
    const left = [...ids];
    const failed: string[] = [];
    const report = (error: unknown, eventIds: readonly string[]): void => {
      failed.push(...eventIds);
      this.logger.error({ err: error, eventIds }, 'A scheduled run could not be started; it is tried again.');
    };
    const read = async (some: readonly string[]): Promise<ScheduledEvent[]> => {
      try {
        return await this.events.scheduled(some);
      } catch (error) {
        // One that cannot be read keeps no other from running.
        if (some.length > 1) return (await Promise.all(some.map((id) => read([id])))).flat();
        report(error, some);
        return [];
      }
    };
    const takeSome = async () => {
      for (let some = left.splice(0, readAtOnce); some.length > 0; some = left.splice(0, readAtOnce)) {
        for (const event of await read(some)) {
          if (this.stopping) return;
          await this.runs.take(event, now).catch((error: unknown) => report(error, [event.id]));
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, takeSome));
    if (failed.length > 0) return retryMilliseconds;
    // What was taken has its next run by now.
    if (ids.length > 0) return 0;
    return Math.min(nextInMilliseconds ?? lookAgainMilliseconds, lookAgainMilliseconds);
  }
}

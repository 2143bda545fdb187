import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import type { Subscription } from 'rxjs';
import { DataSource } from 'typeorm';

import { Config } from '../config/config';
import { Notifications } from '../database/notifications';

const everyMilliseconds = 20_000;
/** Rounds after an end that was heard of: the first may come while another transaction keeps it from being counted. */
const roundsAnEnd = 3;
/** Of ends that nobody told of, a round in so many finds out. */
const blindRounds = 15;

/** Counts what has ended since the last time, so that nobody who looks at the home page has to (ADR 15). */
@Injectable()
export class RollUp implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(RollUp.name);
  private running = false;
  private listening: Subscription | undefined;
  /** Rounds that are to count, and those since the last one that did. */
  private wanted = roundsAnEnd;
  private idle = 0;

  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.listening = this.notifications.messages.subscribe(({ kind }) => {
      // One that is skipped has ended when it is created.
      if (['execution.created', 'execution.finished', 'reconnected'].includes(kind))
        this.wanted = roundsAnEnd;
    });
  }

  onApplicationShutdown(): void {
    this.listening?.unsubscribe();
  }

  @Interval(everyMilliseconds)
  async onSchedule(): Promise<void> {
    if (!this.config.roles.has('scheduler') || this.running) return;
    this.idle += 1;
    if (this.wanted === 0 && this.idle < blindRounds) return;
    this.wanted = Math.max(0, this.wanted - 1);
    this.idle = 0;
    this.running = true;
    try {
      await this.run();
    } catch (error) {
      this.logger.warn({ err: error }, 'Executions could not be counted; it is tried again.');
    } finally {
      this.running = false;
    }
  }

  /** One round; it does nothing while another replica is at it. */
  async run(): Promise<void> {
    await this.database.query('SELECT roll_up_executions()');
  }
}

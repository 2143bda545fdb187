import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { DataSource } from 'typeorm';

import { Config } from '../config/config';

const everyMilliseconds = 20_000;

/** Counts what has ended since the last time, so that nobody who looks at the home page has to (ADR 15). */
@Injectable()
export class RollUp {
  private readonly logger = new Logger(RollUp.name);
  private running = false;

  constructor(
    private readonly config: Config,
    private readonly database: DataSource,
  ) {}

  @Interval(everyMilliseconds)
  async onSchedule(): Promise<void> {
    if (!this.config.roles.has('scheduler') || this.running) return;
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

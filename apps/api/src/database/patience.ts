import { setTimeout as delay } from 'node:timers/promises';

import { Injectable } from '@nestjs/common';

import { isDatabaseGone, isRolledBack } from './database-gone';

const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 2000;

/** Repeats what must be written, as long as the database is away, and when it rolled it back for another's sake. */
@Injectable()
export class Patience {
  private isOver = false;

  /**
   * @param act may be repeated after it took effect: its answer can be lost
   * @throws what `act` throws for another reason, or when this process goes
   */
  async persist<T>(act: () => Promise<T>): Promise<T> {
    for (let pause = firstPauseMilliseconds; ; pause = Math.min(2 * pause, longestPauseMilliseconds)) {
      try {
        return await act();
      } catch (error) {
        if (this.isOver || !(isDatabaseGone(error) || isRolledBack(error))) throw error;
      }
      await delay(pause);
    }
  }

  /** This process is about to end: nothing is repeated any more. */
  giveUp(): void {
    this.isOver = true;
  }
}

import { setTimeout as delay } from 'node:timers/promises';

import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  Optional,
} from '@nestjs/common';
import { Subject } from 'rxjs';

import { WakeLoop } from '../wake-loop';
import { Patience } from './patience';
import { Processes } from './processes';

/** With the silence that others take for death (processes.ts), a job of a dead process is taken up within 15 s. */
const beatMilliseconds = 3500;
const retryMilliseconds = 500;
/** A database that does not answer for so long is away, also when its connection stands. */
const patienceMilliseconds = 5000;

/** Brings a database back that is ours to run; nothing when it runs. */
export const REVIVE_DATABASE = Symbol('REVIVE_DATABASE');
export type ReviveDatabase = () => Promise<void>;

/** Beats in the database, and knows by that whether it is there. */
@Injectable()
export class DatabaseWatch implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(DatabaseWatch.name);
  private readonly deaths = new Subject<readonly string[]>();
  private readonly outages = new Subject<void>();
  private away = false;
  private readonly loop = new WakeLoop(
    async () => {
      await this.look();
      return beatMilliseconds;
    },
    (error) => this.logger.error({ err: error }, 'The database could not be watched.'),
    retryMilliseconds,
  );

  /** Ids of processes that are dead, as often as they are seen so. */
  readonly dead = this.deaths.asObservable();
  /** It has just gone away. */
  readonly gone = this.outages.asObservable();

  constructor(
    private readonly processes: Processes,
    private readonly patience: Patience,
    @Optional() @Inject(REVIVE_DATABASE) private readonly revive: ReviveDatabase | undefined,
  ) {}

  get isAway(): boolean {
    return this.away;
  }

  onApplicationBootstrap(): void {
    this.loop.wake();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    this.patience.giveUp();
    if (!this.away) await this.processes.leave().catch(() => undefined);
  }

  private async look(): Promise<void> {
    while (!this.loop.isStopped) {
      try {
        const dead = await withinPatience(this.processes.beat());
        if (this.away) this.logger.log('The database answers again.');
        this.away = false;
        if (dead.length > 0) this.deaths.next(dead);
        return;
      } catch (error) {
        if (!this.away) {
          this.logger.error({ err: error }, 'The database does not answer.');
          this.away = true;
          this.outages.next();
        }
        await this.revive?.().catch((cause: unknown) =>
          this.logger.error({ err: cause }, 'The embedded database could not be started again.'),
        );
        await delay(retryMilliseconds);
      }
    }
  }
}

async function withinPatience<T>(answer: Promise<T>): Promise<T> {
  const control = new AbortController();
  const late = delay(patienceMilliseconds, undefined, { signal: control.signal, ref: false }).then(
    () => {
      throw new Error(`No answer within ${patienceMilliseconds} ms.`);
    },
    () => new Promise<never>(() => undefined),
  );
  try {
    return await Promise.race([answer, late]);
  } finally {
    control.abort();
    // An answer that comes later is nobody's.
    answer.catch(() => undefined);
  }
}

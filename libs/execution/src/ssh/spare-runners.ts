import { randomUUID } from 'node:crypto';

import { deferred } from '../deferred';
import { FrameType } from '../runner/protocol';
import type { RunnerSession } from '../runner/runner-session';
import type { SshChannel } from './ssh-channel';

/** Spares that nobody took by then are ended: a host without jobs has no process of ours. Below the runner's own lease. */
const IDLE_MS = 60_000;
/** When the host is left, spares are waited for this long: that they start, hear of it, and leave. */
const CLOSING_MS = 3_000;
/** Two, so that a job that comes while the first is being replaced need not wait for it. */
const SPARES = 2;

/** A runner on the host, and the command that connects it. */
export interface LaunchedRunner {
  /** Names the runner's folder on the host. */
  readonly runnerId: string;
  readonly session: RunnerSession;
  readonly channel: SshChannel;
}

/**
 * Runners that are started ahead, while and shortly after jobs run on a host: signing in and starting python3 is most of what a job's start
 * takes. Each is used once, like every runner.
 */
export class SpareRunners {
  private spares: LaunchedRunner[] = [];
  /** One at a time: they are for the next jobs, and not to slow down the ones that start now. Never rejects. */
  private preparing: Promise<void> | undefined;
  private isAwaited = false;
  private timer: NodeJS.Timeout | undefined;
  /** Rises when the host is left: what is being prepared then is not wanted any more. */
  private generation = 0;

  constructor(
    /** Starts a runner of this id; undefined when the host cannot. */
    private readonly launch: (runnerId: string) => Promise<LaunchedRunner | undefined>,
    private readonly onFailed: (error: unknown) => void,
  ) {}

  /**
   * One that is connected, if there is. The first who finds one being prepared waits for it: it is ahead of another that would be started
   * now.
   */
  async take(): Promise<LaunchedRunner | undefined> {
    if (this.spares.length === 0 && this.preparing && !this.isAwaited) {
      this.isAwaited = true;
      await this.preparing;
    }
    return this.spares.shift();
  }

  /** Sees to it that there will be some; in the background. */
  prepare(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.dismissAll(), IDLE_MS).unref();
    if (this.spares.length >= SPARES || this.preparing) {
      return;
    }
    const { generation } = this;
    this.isAwaited = false;
    this.preparing = this.add(generation).then((hasOne) => {
      this.preparing = undefined;
      if (hasOne && this.generation === generation) {
        this.prepare();
      }
    });
  }

  /** Ends them, also one that is on its way: one that does not hear of it stays on the host for its lease. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    const { promise: late, resolve } = deferred<void>();
    const timer = setTimeout(resolve, CLOSING_MS);
    await Promise.race([Promise.all([this.dismissAll(), this.preparing]), late]);
    clearTimeout(timer);
  }

  private async dismissAll(): Promise<void> {
    this.generation += 1;
    await Promise.all(this.spares.splice(0).map(dismiss));
  }

  private async add(generation: number): Promise<boolean> {
    try {
      const runner = await this.launch(randomUUID());
      if (!runner) {
        return false;
      }
      if (this.generation !== generation) {
        await dismiss(runner);
        return false;
      }
      this.spares.push(runner);
      runner.session.onClosed(() => {
        this.spares = this.spares.filter((spare) => spare !== runner);
      });
      return true;
    } catch (error) {
      this.onFailed(error);
      return false;
    }
  }
}

/** It has left when this resolves. One that does not hear it leaves by itself, when nobody sends it a job. */
function dismiss({ session }: LaunchedRunner): Promise<void> {
  const { promise: left, resolve } = deferred<void>();
  session.onClosed(resolve);
  session.send(FrameType.Bye, {});
  return left;
}

import { deferred } from '../deferred';
import { ExecutorDisconnectedError } from '../execution-error';

/** What a pool needs of a sandbox. */
export interface Poolable {
  readonly session: { onClosed(listener: () => void): void; keepAlive(): void };
  remove(): Promise<void>;
}

export interface WarmPoolOptions<T extends Poolable> {
  readonly size: number;
  readonly refillConcurrency: number;
  readonly start: () => Promise<T>;
  readonly onStartFailed: (error: unknown) => void;
  readonly onRemoveFailed: (error: unknown) => void;
}

interface Waiter<T> {
  resolve(sandbox: T): void;
  reject(error: unknown): void;
}

/** Starting more than this at one time makes each of them slower, and all of them together no faster. */
const COLD_CONCURRENCY = 4;
/** A job that has just taken a sandbox starts first; its replacement comes after. */
const REFILL_DELAY_MS = 30;
const KEEP_ALIVE_MS = 30_000;
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

/**
 * Sandboxes started ahead of need. `take` gives a waiting one, or the next to be started: an empty pool makes a job slower and never
 * refuses it. A sandbox that dies while it waits is replaced. When starting fails, the pool tries again, ever less often.
 */
export class WarmPool<T extends Poolable> {
  private readonly ready: T[] = [];
  private readonly waiters: Waiter<T>[] = [];
  private starting = 0;
  private filling = false;
  private retryMs = 0;
  private refillTimer: NodeJS.Timeout | undefined;
  private keepAliveTimer: NodeJS.Timeout | undefined;
  private readonly inFlight = new Set<Promise<void>>();
  private failure: unknown;
  private probing: Promise<void> | undefined;

  constructor(private readonly options: WarmPoolOptions<T>) {}

  get counts(): { ready: number; starting: number } {
    return { ready: this.ready.length, starting: this.starting };
  }

  /** Those that are ready. */
  get waiting(): readonly T[] {
    return this.ready;
  }

  /** Why the last sandbox could not be started; undefined when it could. */
  get lastFailure(): unknown {
    return this.failure;
  }

  /** Starts to keep the pool full. */
  open(): void {
    if (this.filling) {
      return;
    }
    this.filling = true;
    this.keepAliveTimer = setInterval(() => {
      for (const sandbox of this.ready) {
        sandbox.session.keepAlive();
      }
    }, KEEP_ALIVE_MS);
    this.keepAliveTimer.unref();
    this.startWhatIsWanted();
  }

  /** Removes what waits and stops filling; resolves when all of it is gone. Jobs that wait for a sandbox are refused. */
  async close(): Promise<void> {
    this.filling = false;
    clearInterval(this.keepAliveTimer);
    clearTimeout(this.refillTimer);
    this.refillTimer = undefined;
    for (const waiter of this.waiters.splice(0)) {
      waiter.reject(new ExecutorDisconnectedError());
    }
    await Promise.all([...this.inFlight, ...this.ready.splice(0).map((sandbox) => this.discard(sandbox))]);
  }

  /** A sandbox for one job: the caller removes it. Rejects with why none could be started, or when the signal aborts. */
  take(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const sandbox = this.ready.shift();
    if (sandbox) {
      this.scheduleRefill(REFILL_DELAY_MS);
      return Promise.resolve(sandbox);
    }
    const { promise, resolve, reject } = deferred<T>();
    const waiter = { resolve, reject };
    const giveUp = () => {
      const at = this.waiters.indexOf(waiter);
      if (at >= 0) {
        this.waiters.splice(at, 1);
        reject(signal.reason);
      }
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.waiters.push(waiter);
    this.startWhatIsWanted();
    return promise.finally(() => signal.removeEventListener('abort', giveUp));
  }

  /** Rejects with why no sandbox could be had now; one that could is kept for a job. */
  probe(): Promise<void> {
    this.probing ??= this.take(new AbortController().signal)
      .then((sandbox) => this.place(sandbox))
      .finally(() => (this.probing = undefined));
    return this.probing;
  }

  private startWhatIsWanted(): void {
    const missing =
      this.filling && this.retryMs === 0 ? Math.max(0, this.options.size - this.ready.length) : 0;
    const wanted = Math.max(
      Math.min(this.waiters.length, Math.max(COLD_CONCURRENCY, this.options.refillConcurrency)),
      Math.min(this.waiters.length + missing, this.options.refillConcurrency),
    );
    while (this.starting < wanted) {
      this.startOne();
    }
  }

  private startOne(): void {
    this.starting += 1;
    const attempt = this.options.start().then(
      (sandbox) => {
        this.starting -= 1;
        this.failure = undefined;
        this.retryMs = 0;
        return this.place(sandbox);
      },
      (error: unknown) => {
        this.starting -= 1;
        this.failed(error);
      },
    );
    this.inFlight.add(attempt);
    void attempt.finally(() => {
      this.inFlight.delete(attempt);
      this.startWhatIsWanted();
    });
  }

  private async place(sandbox: T): Promise<void> {
    const waiter = this.waiters.shift();
    if (waiter) {
      waiter.resolve(sandbox);
    } else if (this.filling && this.ready.length < this.options.size) {
      this.ready.push(sandbox);
      sandbox.session.onClosed(() => this.replace(sandbox));
    } else {
      await this.discard(sandbox);
    }
  }

  /** One that died while it waited. One that was taken is no longer ours to replace. */
  private replace(sandbox: T): void {
    const at = this.ready.indexOf(sandbox);
    if (at >= 0) {
      this.ready.splice(at, 1);
      const removal = this.discard(sandbox);
      this.inFlight.add(removal);
      void removal.finally(() => this.inFlight.delete(removal));
      this.scheduleRefill(REFILL_DELAY_MS);
    }
  }

  private failed(error: unknown): void {
    this.failure = error;
    this.options.onStartFailed(error);
    this.waiters.shift()?.reject(error);
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2 || FIRST_RETRY_MS);
    this.scheduleRefill(this.retryMs);
  }

  private scheduleRefill(delayMs: number): void {
    if (!this.filling || this.refillTimer) {
      return;
    }
    this.refillTimer = setTimeout(() => {
      this.refillTimer = undefined;
      const retryMs = this.retryMs;
      // Zero lets the attempt be made; a failure goes on from where the delay was.
      this.retryMs = 0;
      this.startWhatIsWanted();
      this.retryMs = this.starting > 0 ? retryMs : 0;
    }, delayMs);
    this.refillTimer.unref();
  }

  private async discard(sandbox: T): Promise<void> {
    try {
      await sandbox.remove();
    } catch (error) {
      this.options.onRemoveFailed(error);
    }
  }
}

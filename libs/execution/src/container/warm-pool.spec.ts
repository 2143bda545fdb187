import { type Deferred, deferred } from '../deferred';
import { type Poolable, WarmPool, type WarmPoolOptions } from './warm-pool';

const never = new AbortController().signal;

class FakeSandbox implements Poolable {
  keptAlive = 0;
  removed = false;
  private readonly listeners: (() => void)[] = [];

  readonly session = {
    onClosed: (listener: () => void) => void this.listeners.push(listener),
    keepAlive: () => void (this.keptAlive += 1),
  };

  remove(): Promise<void> {
    this.removed = true;
    return Promise.resolve();
  }

  die(): void {
    this.listeners.forEach((listener) => listener());
  }
}

/** A pool whose sandboxes start when the test says so. */
class Bench {
  readonly starts: Deferred<FakeSandbox>[] = [];
  readonly failures: unknown[] = [];
  readonly pool: WarmPool<FakeSandbox>;

  constructor(changes: Partial<WarmPoolOptions<FakeSandbox>> = {}) {
    this.pool = new WarmPool({
      size: 3,
      refillConcurrency: 2,
      start: () => {
        const start = deferred<FakeSandbox>();
        this.starts.push(start);
        return start.promise;
      },
      onStartFailed: (error) => void this.failures.push(error),
      onRemoveFailed: (error) => void this.failures.push(error),
      ...changes,
    });
  }

  /** Lets the next one under way be ready. */
  async succeed(count = 1): Promise<FakeSandbox[]> {
    const sandboxes = Array.from({ length: count }, () => new FakeSandbox());
    for (const sandbox of sandboxes) {
      this.starts.shift()?.resolve(sandbox);
      await settle();
    }
    return sandboxes;
  }

  async fail(error: Error): Promise<void> {
    this.starts.shift()?.reject(error);
    await settle();
  }
}

/** Lets what is resolved have its effects. */
const settle = () => jest.advanceTimersByTimeAsync(0);

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('WarmPool', () => {
  it('fills to its size and no further, a few at one time', async () => {
    const { pool, starts, succeed } = bound(new Bench());
    pool.open();
    pool.open();
    expect(starts).toHaveLength(2);
    await succeed();
    expect(starts).toHaveLength(2);
    await succeed(2);
    expect(starts).toHaveLength(0);
    expect(pool.counts).toEqual({ ready: 3, starting: 0 });
  });

  it('starts nothing before it is opened, and serves all the same', async () => {
    const { pool, starts, succeed } = bound(new Bench());
    expect(starts).toHaveLength(0);
    const taken = pool.take(never);
    const [sandbox] = await succeed();
    expect(await taken).toBe(sandbox);
    expect(pool.counts).toEqual({ ready: 0, starting: 0 });
  });

  it('replaces what is taken, a moment later', async () => {
    const { pool, starts, succeed } = bound(new Bench());
    pool.open();
    const [first] = await succeed(3);
    expect(await pool.take(never)).toBe(first);
    expect(starts).toHaveLength(0);
    await jest.runOnlyPendingTimersAsync();
    expect(starts).toHaveLength(1);
    await succeed();
    expect(pool.counts).toEqual({ ready: 3, starting: 0 });
  });

  it('serves those who wait in their order, by cold starts, and refuses none', async () => {
    const { pool, starts, succeed } = bound(new Bench({ size: 1, refillConcurrency: 1 }));
    pool.open();
    const taken = Array.from({ length: 10 }, () => pool.take(never));
    // More than a refill would start, and not all at one time.
    expect(starts).toHaveLength(4);
    const sandboxes = await succeed(10);
    expect(await Promise.all(taken)).toEqual(sandboxes);
    // The eleventh is for the pool.
    await succeed();
    expect(pool.counts).toEqual({ ready: 1, starting: 0 });
  });

  it('with size 0 starts each when it is needed', async () => {
    const { pool, starts, succeed } = bound(new Bench({ size: 0 }));
    pool.open();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(starts).toHaveLength(0);
    const taken = pool.take(never);
    const [sandbox] = await succeed();
    expect(await taken).toBe(sandbox);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(pool.counts).toEqual({ ready: 0, starting: 0 });
  });

  it('tells one waiter of a failed start, and tries again for the others', async () => {
    const { pool, fail, succeed, failures } = bound(new Bench({ size: 0 }));
    pool.open();
    const broken = new Error('no space left');
    const [first, second] = [pool.take(never), pool.take(never)];
    const refused = expect(first).rejects.toBe(broken);
    await fail(broken);
    await refused;
    expect(failures).toEqual([broken]);
    expect(pool.lastFailure).toBe(broken);
    const [sandbox] = await succeed();
    expect(await second).toBe(sandbox);
    expect(pool.lastFailure).toBeUndefined();
  });

  it('tries again ever less often while starting fails, and at once when it works again', async () => {
    const { pool, starts, fail, succeed } = bound(new Bench({ size: 1, refillConcurrency: 1 }));
    pool.open();
    for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
      expect(starts).toHaveLength(1);
      await fail(new Error('no engine'));
      await jest.advanceTimersByTimeAsync(seconds * 1000 - 1);
      expect(starts).toHaveLength(0);
      await jest.advanceTimersByTimeAsync(1);
    }
    await succeed();
    expect(pool.counts).toEqual({ ready: 1, starting: 0 });
    void pool.take(never);
    await jest.advanceTimersByTimeAsync(100);
    await fail(new Error('no engine'));
    await jest.advanceTimersByTimeAsync(1000);
    expect(starts).toHaveLength(1);
  });

  it('lets a job not wait for the next try', async () => {
    const { pool, starts, fail, succeed } = bound(new Bench({ size: 1, refillConcurrency: 1 }));
    pool.open();
    for (let tries = 0; tries < 6; tries += 1) {
      await fail(new Error('no engine'));
      await jest.advanceTimersByTimeAsync(30_000);
    }
    await fail(new Error('no engine'));
    expect(starts).toHaveLength(0);
    const taken = pool.take(never);
    const [sandbox] = await succeed();
    expect(await taken).toBe(sandbox);
  });

  it('replaces one that dies while it waits, and not one that was taken', async () => {
    const { pool, starts, succeed } = bound(new Bench({ size: 2 }));
    pool.open();
    const [first, second] = await succeed(2);
    first?.die();
    expect(pool.counts.ready).toBe(1);
    expect(first?.removed).toBe(true);
    await jest.advanceTimersByTimeAsync(100);
    await succeed();
    expect(pool.counts).toEqual({ ready: 2, starting: 0 });

    expect(await pool.take(never)).toBe(second);
    second?.die();
    expect(second?.removed).toBe(false);
    await jest.advanceTimersByTimeAsync(100);
    expect(starts).toHaveLength(1);
  });

  it('keeps alive what waits', async () => {
    const { pool, succeed } = bound(new Bench({ size: 1 }));
    pool.open();
    const [sandbox] = await succeed();
    // A runner ends itself after two minutes without a word.
    await jest.advanceTimersByTimeAsync(100_000);
    expect(sandbox?.keptAlive).toBeGreaterThanOrEqual(2);
  });

  it('gives up for a job that is cancelled while it waits', async () => {
    const { pool, succeed } = bound(new Bench({ size: 1 }));
    pool.open();
    const cancel = new AbortController();
    const cancelled = pool.take(cancel.signal);
    const taken = pool.take(never);
    const refused = expect(cancelled).rejects.toThrow('cancelled');
    cancel.abort(new Error('cancelled'));
    await refused;
    const [sandbox] = await succeed();
    expect(await taken).toBe(sandbox);
    expect(() => pool.take(cancel.signal)).toThrow('cancelled');
  });

  it('removes all when it is closed, also what is still starting, and refuses those who wait', async () => {
    const { pool, starts, succeed } = bound(new Bench({ size: 2 }));
    pool.open();
    const [ready] = await succeed();
    await pool.take(never);
    const waiting = pool.take(never);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'script_lost' });
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await refused;
    expect(closed).toBe(false);
    const late = await succeed(starts.length);
    await closing;
    expect(ready?.removed).toBe(false); // taken: not the pool's any more
    expect(late.every(({ removed }) => removed)).toBe(true);
    await jest.advanceTimersByTimeAsync(60_000);
    expect(starts).toHaveLength(0);
    expect(pool.counts).toEqual({ ready: 0, starting: 0 });
  });

  it('can be opened again', async () => {
    const { pool, succeed } = bound(new Bench({ size: 1 }));
    pool.open();
    const [sandbox] = await succeed();
    await pool.close();
    expect(sandbox?.removed).toBe(true);
    pool.open();
    await succeed();
    expect(pool.counts).toEqual({ ready: 1, starting: 0 });
  });

  it('probes by starting one, and keeps it', async () => {
    const { pool, fail, succeed } = bound(new Bench({ size: 1, refillConcurrency: 1 }));
    pool.open();
    await fail(new Error('no space left'));
    const probes = [pool.probe(), pool.probe()];
    const refused = Promise.all(probes.map((probe) => expect(probe).rejects.toThrow('still none')));
    await fail(new Error('still none'));
    await refused;
    const probe = pool.probe();
    const [kept] = await succeed();
    await probe;
    expect(pool.lastFailure).toBeUndefined();
    expect(pool.counts.ready).toBe(1);
    // The pool had begun to fill itself already.
    const [tooMany] = await succeed();
    expect(pool.counts).toEqual({ ready: 1, starting: 0 });
    expect([kept?.removed, tooMany?.removed]).toEqual([false, true]);
  });

  it('goes on when something cannot be removed', async () => {
    const { pool, succeed, failures } = bound(new Bench({ size: 1 }));
    pool.open();
    const [sandbox] = await succeed();
    const stuck = new Error('device busy');
    jest.spyOn(sandbox!, 'remove').mockRejectedValue(stuck);
    await pool.close();
    expect(failures).toEqual([stuck]);
  });
});

function bound(bench: Bench) {
  const { pool, starts, failures } = bench;
  return {
    pool,
    starts,
    failures,
    succeed: (count?: number) => bench.succeed(count),
    fail: (error: Error) => bench.fail(error),
  };
}

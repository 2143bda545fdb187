import { ScriptTakenOverError } from '@cronium/execution';
import { Logger } from '@nestjs/common';
import { Subject } from 'rxjs';

import { loadConfig } from '../config/config';
import { Patience } from '../database/patience';
import type { Notification } from '../database/notifications';
import type { JobQueue } from '../executions/job-queue';
import type { JobStore } from '../executions/job-store';
import { DispatchLoop } from './dispatch-loop';
import type { ExecutorRegistry } from './executor-registry';
import type { JobRunner } from './job-runner';

/** Jobs that end when the test says so, and a queue in memory. */
class Fixture {
  queued: string[] = [];
  readonly fetched: number[] = [];
  readonly released: string[] = [];
  readonly kept: string[] = [];
  readonly leftAlone: { id: string; isTaken: boolean }[] = [];
  readonly signals = new Map<string, AbortSignal>();
  readonly messages = new Subject<Notification>();
  failures = 0;
  readonly loop: DispatchLoop;
  private readonly endings = new Map<string, (recorded: boolean) => void>();

  constructor(environment: NodeJS.ProcessEnv = {}) {
    const queue: Pick<JobQueue, 'fetch' | 'release'> = {
      fetch: (count) => {
        this.fetched.push(count);
        if (this.failures > 0) {
          this.failures -= 1;
          return Promise.reject(new Error('The database is away.'));
        }
        return Promise.resolve(this.queued.splice(0, count));
      },
      release: (jobId) => {
        this.released.push(jobId);
        return Promise.resolve();
      },
    };
    const runner: Pick<JobRunner, 'run'> = {
      run: (jobId, signal) => {
        this.signals.set(jobId, signal);
        return new Promise((resolve) => this.endings.set(jobId, resolve));
      },
    };
    const jobs: Pick<JobStore, 'keep' | 'leaveAlone'> = {
      keep: (jobId) => {
        this.kept.push(jobId);
        return Promise.resolve();
      },
      leaveAlone: () => Promise.resolve(this.leftAlone),
    };
    const executors: Pick<ExecutorRegistry, 'leave'> = {
      leave: () => {
        this.endings.forEach((end) => end(false));
        return Promise.resolve();
      },
    };
    this.loop = new DispatchLoop(
      loadConfig(environment),
      queue as JobQueue,
      jobs as JobStore,
      runner as JobRunner,
      executors as ExecutorRegistry,
      { messages: this.messages } as never,
      new Patience(),
    );
  }

  get running(): string[] {
    return [...this.endings.keys()];
  }

  end(jobId: string, recorded = true): Promise<void> {
    this.endings.get(jobId)?.(recorded);
    this.endings.delete(jobId);
    return settled();
  }
}

/** All that is ready to go on has gone on. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('DispatchLoop', () => {
  beforeAll(() => {
    Logger.overrideLogger(false);
  });

  const start = async (fixture: Fixture): Promise<Fixture> => {
    fixture.loop.onApplicationBootstrap();
    await settled();
    return fixture;
  };

  it('takes as many as there is room for, and the next when one ends', async () => {
    const fixture = new Fixture({ CRONIUM_WORKER_CONCURRENCY: '2' });
    fixture.queued = ['a', 'b', 'c'];
    await start(fixture);
    expect(fixture.running).toEqual(['a', 'b']);
    expect(fixture.fetched).toEqual([2]);
    await fixture.end('a');
    expect(fixture.running).toEqual(['b', 'c']);
    expect(fixture.fetched).toEqual([2, 1]);
  });

  it.each<Notification>([{ kind: 'job.admitted' }, { kind: 'reconnected' }])(
    'looks again at %j',
    async (message) => {
      const fixture = await start(new Fixture());
      fixture.queued = ['a'];
      fixture.messages.next(message);
      await settled();
      expect(fixture.running).toEqual(['a']);
    },
  );

  it('misses nothing that is queued while it looks', async () => {
    const fixture = new Fixture();
    fixture.loop.onApplicationBootstrap();
    fixture.queued = ['a'];
    fixture.messages.next({ kind: 'job.admitted' });
    fixture.messages.next({ kind: 'job.admitted' });
    await settled();
    expect(fixture.running).toEqual(['a']);
    expect(fixture.fetched).toHaveLength(2);
  });

  it('goes on after the queue did not answer', async () => {
    const fixture = new Fixture();
    fixture.failures = 1;
    fixture.queued = ['a'];
    await start(fixture);
    expect(fixture.running).toEqual([]);
    fixture.loop.wake();
    await settled();
    expect(fixture.running).toEqual(['a']);
  });

  it('goes on with a job that is delivered again, and looks at it once more when it has ended', async () => {
    const fixture = new Fixture();
    fixture.queued = ['a'];
    await start(fixture);
    const first = fixture.signals.get('a');
    fixture.queued = ['a'];
    fixture.loop.wake();
    await settled();
    expect(fixture.signals.get('a')).toBe(first);
    expect(fixture.kept).toEqual(['a']);
    await fixture.end('a');
    await settled();
    expect(fixture.signals.get('a')).not.toBe(first);
    await fixture.end('a');
    await settled();
    expect(fixture.running).toEqual([]);
  });

  it('cancels the job that is named, and on the review those it was not told of; lets go of one that another has', async () => {
    const fixture = new Fixture();
    fixture.queued = ['a', 'b', 'c', 'd'];
    await start(fixture);
    fixture.messages.next({ kind: 'job.cancel_requested', jobId: 'b' });
    const aborted = () => [...fixture.signals].filter(([, signal]) => signal.aborted).map(([jobId]) => jobId);
    expect(aborted()).toEqual(['b']);
    fixture.leftAlone.push({ id: 'c', isTaken: false }, { id: 'd', isTaken: true });
    await fixture.loop.review();
    expect(aborted()).toEqual(['b', 'c', 'd']);
    expect(fixture.signals.get('c')?.reason).not.toBeInstanceOf(ScriptTakenOverError);
    expect(fixture.signals.get('d')?.reason).toBeInstanceOf(ScriptTakenOverError);
  });

  it('gives back a job that its server let go of', async () => {
    const fixture = new Fixture();
    fixture.queued = ['a', 'b'];
    await start(fixture);
    await fixture.end('a', false);
    await fixture.end('b', true);
    expect(fixture.released).toEqual(['a']);
  });

  it('leaves what runs to a successor, and takes nothing more', async () => {
    const fixture = new Fixture({ CRONIUM_ON_SHUTDOWN: 'detach' });
    fixture.queued = ['a', 'b'];
    await start(fixture);
    const stopped = fixture.loop.onModuleDestroy();
    fixture.queued = ['c'];
    await stopped;
    fixture.loop.wake();
    await settled();
    expect(fixture.released).toEqual(['a', 'b']);
    expect([...fixture.signals.values()].some(({ aborted }) => aborted)).toBe(false);
    expect(fixture.queued).toEqual(['c']);
  });

  it('ends what runs when it is told to, and waits for the records', async () => {
    const fixture = new Fixture({ CRONIUM_ON_SHUTDOWN: 'end_jobs' });
    fixture.queued = ['a'];
    await start(fixture);
    let isStopped = false;
    const stopped = fixture.loop.onModuleDestroy().then(() => {
      isStopped = true;
    });
    await settled();
    expect(fixture.signals.get('a')?.aborted).toBe(true);
    expect(isStopped).toBe(false);
    await fixture.end('a');
    await stopped;
    expect(fixture.released).toEqual([]);
  });
});

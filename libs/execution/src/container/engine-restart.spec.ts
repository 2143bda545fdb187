import { setTimeout as delay } from 'node:timers/promises';

import { ExecutionError } from '../execution-error';
import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import type { ContainerExecutor } from './container-executor';
import { EngineFixture } from './engine-fixture';
import { OwnEngine } from './own-engine';

jest.setTimeout(120_000);

/** The pool is full, and nothing is under way. */
async function untilFull(executor: ContainerExecutor, size: number): Promise<void> {
  for (;;) {
    const usage = await executor.getResourceUsage().catch(() => undefined);
    if (usage?.pool?.ready === size && usage.pool.starting === 0) return;
    await delay(100);
  }
}

let engine: OwnEngine;
beforeAll(async () => {
  await new EngineFixture().verify();
  engine = await OwnEngine.start();
});
afterAll(() => engine.remove());

describe.each(['job', 'shared'] as const)(
  'When dockerd is restarted in the midst of a job with isolation %s',
  (isolation) => {
    const fixture = new EngineFixture({ isolation, pool: { size: 2, refillConcurrency: 2 } });
    let executor: ContainerExecutor;

    beforeAll(async () => {
      executor = fixture.createExecutor({ dockerHost: engine.host });
      await executor.connect();
    });
    afterAll(() => executor.disconnect());

    it('the job ends as a platform error, the pool refills, and the next job works', async () => {
      const observer = new RecordingObserver();
      const running = executor
        .executeScript(scriptRequest('echo one; sleep 600'), observer, never)
        .catch((cause: unknown) => cause);
      await observer.until(() => observer.outputs.length > 0);
      await engine.restart();

      const error = await running;
      expect(error).toBeInstanceOf(ExecutionError);
      expect(error).toMatchObject({ code: 'script_lost' });
      expect(observer.stdout).toBe('one\n');
      if (isolation === 'job') await untilFull(executor, 2);
      expect(await executor.checkHealth()).toMatchObject({ healthy: true });
      expect(printed(await runScript(executor, 'echo well'))).toBe('well\n');
    });
  },
);

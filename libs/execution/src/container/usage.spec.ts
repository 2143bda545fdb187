import { RecordingObserver } from '../contract/recording-observer';
import { runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import { deferred } from '../deferred';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;

describe.each(['job', 'shared'] as const)('The resource usage of a server with isolation %s', (isolation) => {
  const fixture = new EngineFixture({
    isolation,
    pool: { size: 1, refillConcurrency: 1 },
    maxConcurrentJobs: 2,
  });

  const executor = fixture.createExecutor();

  beforeAll(() => fixture.verify());
  afterAll(() => fixture.dispose());

  it('is that of its jobs', async () => {
    await executor.connect();
    expect(await executor.getResourceUsage()).toMatchObject({ activeJobs: 0, cpu: { usedPercent: 0 } });

    const over = deferred<void>();
    const observer = new RecordingObserver();
    observer.onHelperDo = () => over.promise;
    const script = `import cronium, time
held = bytearray(60 << 20)
open('file', 'wb').write(bytes(20 << 20))
while time.process_time() < 1: pass
cronium.output('waiting')`;
    const running = runScript(executor, scriptRequest(script, { language: 'python' }), observer);
    // A sample that begins while it is busy.
    await observer.until(() => observer.usages.some(({ cpuPercent }) => cpuPercent > 0));
    const usage = await executor.getResourceUsage();
    over.resolve();
    await running;

    expect(usage.activeJobs).toBe(1);
    expect(usage.pool?.inUse).toBe(isolation === 'job' ? 1 : undefined);
    expect(usage.memory.usedBytes).toBeGreaterThan(60 * MIB);
    expect(usage.memory.usedBytes).toBeLessThan(200 * MIB);
    expect(usage.disk.usedBytes).toBeGreaterThan(19 * MIB);
    expect(usage.disk.usedBytes).toBeLessThan(40 * MIB);
    expect(usage.disk.limitBytes).toBe(2 * 256 * MIB);
    expect(usage.cpu.usedPercent).toBeGreaterThan(0);
    expect(usage.cpu.limitCores).toBeGreaterThan(0);
    expect(usage.memory.limitBytes).toBeGreaterThan(100 * MIB);
    expect(await executor.getResourceUsage()).toMatchObject({ activeJobs: 0 });
  });

  it('is told of each job, each second', async () => {
    const observer = new RecordingObserver();
    const script = `import time
held = bytearray(60 << 20)
open('file', 'wb').write(bytes(20 << 20))
while time.process_time() < 1: pass
time.sleep(30)`;
    const cancel = new AbortController();
    const running = executor.executeScript(
      scriptRequest(script, { language: 'python' }),
      observer,
      cancel.signal,
    );
    await observer.until(() => observer.usages.some(({ cpuPercent }) => cpuPercent > 50));
    const seen = observer.usages.length;
    await observer.until(() => observer.usages.length > seen);
    cancel.abort();
    await running;

    const [last] = observer.usages.slice(-1);
    expect(last?.memoryBytes).toBeGreaterThan(60 * MIB);
    expect(last?.memoryBytes).toBeLessThan(120 * MIB);
    expect(last?.diskBytes).toBeGreaterThan(19 * MIB);
    expect(last?.diskBytes).toBeLessThan(40 * MIB);
    const milliseconds = observer.usages.map(({ at, cpuPercent }, index, all) => {
      const before = all[index - 1]?.at ?? observer.startedAt;
      return ((at.getTime() - (before?.getTime() ?? 0)) * cpuPercent) / 100;
    });
    const sum = milliseconds.reduce((total, one) => total + one, 0);
    expect(sum).toBeGreaterThan(900);
    expect(sum).toBeLessThan(5000);
  });
});

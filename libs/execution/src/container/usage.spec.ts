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
    observer.onHelperDo = () => (observer.helpers.length === 3 ? over.promise : Promise.resolve());
    const script = `import cronium, time
held = bytearray(60 << 20)
open('file', 'wb').write(bytes(20 << 20))
cronium.output('holding')
while time.process_time() < 0.3: pass
cronium.output('busy')
cronium.output('waiting')`;
    const running = runScript(executor, scriptRequest(script, { language: 'python' }), observer);
    await observer.until(() => observer.helpers.length === 1);
    await executor.getResourceUsage();
    await observer.until(() => observer.helpers.length === 3);
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
    await observer.until(() => observer.usages.some(({ cpuMs }) => cpuMs > 900));
    const seen = observer.usages.length;
    await observer.until(() => observer.usages.length > seen);
    cancel.abort();
    await running;

    const [last] = observer.usages.slice(-1);
    expect(last?.cpuMs).toBeLessThan(5000);
    expect(last?.memoryBytes).toBeGreaterThan(60 * MIB);
    expect(last?.memoryBytes).toBeLessThan(120 * MIB);
    expect(last?.diskBytes).toBeGreaterThan(19 * MIB);
    expect(last?.diskBytes).toBeLessThan(40 * MIB);
    const times = observer.usages.map(({ cpuMs }) => cpuMs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});

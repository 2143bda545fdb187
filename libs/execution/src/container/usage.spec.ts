import type { ScriptUsage } from '../port';
import { RecordingObserver } from '../contract/recording-observer';
import { scriptRequest } from '../contract/script-request';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
/** Says when it holds what it will hold, and is busy for ever. */
const busyScript = `import cronium
held = bytearray(60 << 20)
open('file', 'wb').write(bytes(20 << 20))
cronium.output('holding')
while True: pass`;

describe.each(['job', 'shared'] as const)('The resource usage of a server with isolation %s', (isolation) => {
  const fixture = new EngineFixture({
    isolation,
    pool: { size: 1, refillConcurrency: 1 },
    maxConcurrentJobs: 2,
  });

  const executor = fixture.createExecutor();

  beforeAll(() => fixture.verify());
  afterAll(() => fixture.dispose());

  it('is that of its jobs, who tell theirs each second', async () => {
    await executor.connect();
    expect(await executor.getResourceUsage()).toMatchObject({ activeJobs: 0, cpu: { usedPercent: 0 } });
    // A sandbox that waits tells of its machine; a shared container is asked while nothing runs in it.
    let idle = await executor.getResourceUsage();
    while (!idle.host) {
      await new Promise(setImmediate);
      idle = await executor.getResourceUsage();
    }
    expect(idle.host.memoryTotalBytes).toBe(idle.memory.limitBytes);
    expect(idle.host.diskTotalBytes).toBeGreaterThan(1024 * MIB);
    expect(idle.host.cpuPercent).toBeGreaterThan(0);
    expect(idle.host.cpuPercent).toBeLessThanOrEqual(100 * idle.cpu.limitCores);
    expect(idle.load?.oneMinute).toBeGreaterThanOrEqual(0);
    expect(idle.uptimeSeconds).toBeGreaterThan(0);

    const observer = new RecordingObserver();
    const cancel = new AbortController();
    const request = scriptRequest(busyScript, { language: 'python' });
    const running = executor.executeScript(request, observer, cancel.signal);
    await observer.until(() => observer.helpers.length > 0);
    const began = observer.usages.length;
    // The next may have been looked at before; on a busy machine a second of work takes its time.
    await observer.until(() => observer.usages.length > began + 1 && cpuMilliseconds(observer) > 500);
    const usage = await executor.getResourceUsage();
    const last = observer.usages.at(-1);
    cancel.abort();
    await running;

    expect(usage.activeJobs).toBe(1);
    expect(usage.pool?.inUse).toBe(isolation === 'job' ? 1 : undefined);
    expect(usage.memory.usedBytes).toBeGreaterThan(60 * MIB);
    expect(usage.memory.usedBytes).toBeLessThan(120 * MIB);
    expect(usage.disk.usedBytes).toBeGreaterThan(19 * MIB);
    expect(usage.disk.usedBytes).toBeLessThan(40 * MIB);
    expect(usage.disk.limitBytes).toBe(2 * 256 * MIB);
    expect(usage.cpu.limitCores).toBeGreaterThan(0);
    expect(usage.memory.limitBytes).toBeGreaterThan(100 * MIB);
    expect(last?.processes).toBe(1);
    expect(last?.outputBytes).toBe(0);
    const { host } = usage;
    expect(host?.memoryTotalBytes).toBe(usage.memory.limitBytes);
    expect(host?.memoryAvailableBytes).toBeLessThan(host?.memoryTotalBytes ?? 0);
    // The engine's disk, not the sandbox's own in memory.
    expect(host?.diskTotalBytes).toBeGreaterThan(1024 * MIB);
    expect(host?.diskFreeBytes).toBeGreaterThan(0);
    expect(figuresOf(last)).toEqual([usage.cpu.usedPercent, usage.memory.usedBytes, usage.disk.usedBytes]);
    const wall = (last?.at.getTime() ?? 0) - (observer.startedAt?.getTime() ?? 0);
    // One thread has one core at most; what starting Python took is counted, too.
    expect(cpuMilliseconds(observer)).toBeLessThan(1.5 * wall);
    expect(await executor.getResourceUsage()).toMatchObject({ activeJobs: 0, cpu: { usedPercent: 0 } });
  });
});

describe('What a script that is quiet uses', () => {
  const fixture = new EngineFixture({ pool: { size: 1, refillConcurrency: 1 } });

  beforeAll(() => fixture.verify());
  afterAll(() => fixture.dispose());

  it('is told seldom, and what changes each second again, also against a limit', async () => {
    const observer = new RecordingObserver();
    const script = 'sleep 8\nhead -c 2M /dev/zero >file\nsleep 4\nhead -c 40M /dev/zero >file\nsleep 60';
    const request = scriptRequest(script, { limits: { ...scriptRequest('').limits, diskMb: 32 } });
    const executor = fixture.createExecutor();
    const { end, usage } = await executor.executeScript(request, observer, new AbortController().signal);
    expect(end).toEqual({ kind: 'disk_full' });
    // At once, though nothing had happened for four seconds.
    expect(usage.wallMs).toBeLessThan(14_000);
    const times = observer.usages.map(({ at }) => at.getTime());
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...gaps)).toBeGreaterThan(4500);
    const grown = observer.usages.findIndex(({ diskBytes }) => diskBytes > 2 * MIB - 1);
    expect(gaps[grown - 1]).toBeLessThan(1500);
    expect(observer.usages.length).toBeLessThan(9);
  });
});

/** CPU time from the start to the last sample, summed up from their shares. */
function cpuMilliseconds({ usages, startedAt }: RecordingObserver): number {
  let sum = 0;
  let before = startedAt?.getTime() ?? 0;
  for (const { at, cpuPercent } of usages) {
    sum += ((at.getTime() - before) * cpuPercent) / 100;
    before = at.getTime();
  }
  return sum;
}

function figuresOf(usage: ScriptUsage | undefined): (number | undefined)[] {
  return [usage?.cpuPercent, usage?.memoryBytes, usage?.diskBytes];
}

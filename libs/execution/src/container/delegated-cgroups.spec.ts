import { type GuestResult, runInGuest } from './user-mode/user-mode-linux';

jest.setTimeout(240_000);

const MIB = 1024 * 1024;
const limits = { cpu: 1, memoryMb: 128, diskMb: 16, pids: 40, outputMb: 1 };

/** Isolation `namespace` where the engine delegates a container's cgroup: Docker 28 with cgroup v2. */
describe('A job with a cgroup of its own', () => {
  let inside: GuestResult;
  let memory: GuestResult;
  let processes: GuestResult;
  let busy: GuestResult;
  let left: string[];

  beforeAll(async () => {
    const { results, cgroups } = await runInGuest([
      ['bash', 'cat /proc/self/cgroup; ls -A /sys/fs/cgroup | wc -l; sleep 1', { ...limits, pids: 41 }],
      [
        'python',
        'import time\ntime.sleep(1)\nx = bytearray(300 << 20)',
        { ...limits, memoryMb: 32, pids: 42 },
      ],
      [
        'python',
        'import os, time\nfor _ in range(80):\n    if os.fork() == 0: time.sleep(60)\n',
        { ...limits, pids: 20 },
      ],
      ['bash', 'while [ "$SECONDS" -lt 4 ]; do :; done', { ...limits, cpu: 0.1, pids: 43 }],
    ]);
    [inside, memory, processes, busy] = results as [GuestResult, GuestResult, GuestResult, GuestResult];
    left = cgroups;
  });

  it('is held by the kernel to its limits', () => {
    expect(memory.held).toEqual([
      {
        'memory.max': String((32 + 16 + 16 + 16) * MIB),
        'memory.swap.max': '0',
        'pids.max': '43',
        'cpu.max': '100000 100000',
      },
    ]);
    expect(busy.held).toMatchObject([{ 'cpu.max': '10000 100000' }]);
  });

  it('knows of no cgroup but its own, and cannot reach it', () => {
    expect(inside).toMatchObject({ end: { kind: 'exit', code: 0 }, stdout: '0::/\n0\n', stderr: '' });
  });

  it('is ended when it takes more memory or processes than it may, which concerns no other', () => {
    expect(memory.end).toEqual({ kind: 'out_of_memory' });
    expect(processes.end).toEqual({ kind: 'process_limit' });
  });

  it('gets its share of the processor and no more', () => {
    expect(busy.end).toEqual({ kind: 'exit', code: 0 });
    const { wallMs, cpuUserMs, cpuSystemMs } = busy.usage;
    expect((cpuUserMs + cpuSystemMs) / wallMs).toBeLessThan(0.3);
  });

  it('leaves none behind', () => {
    expect(left).toEqual(['resident']);
  });
});

import { parseUsage } from './usage-sample';

const lines = (...texts: string[]) => texts.join('\n');

describe('parseUsage', () => {
  it('reads what Linux tells', () => {
    const text = lines(
      'ticks 100 0 50 800 40 5 5 0 7 0',
      'core',
      'core',
      'memory_total_kb 2000',
      'memory_free_kb 500',
      'load 0.25 1.50 2.00',
      'uptime 86400.52',
      'disk_kb 1024-blocks Used Available',
      'disk_kb 1000 300 600',
    );
    expect(parseUsage(text)).toEqual({
      cores: 2,
      busyTicks: 160,
      allTicks: 1000,
      cpuPercent: 0,
      memory: { usedBytes: 1500 * 1024, limitBytes: 2000 * 1024 },
      // What is kept for root is neither used nor to be had.
      disk: { usedBytes: 300 * 1024, limitBytes: 900 * 1024 },
      load: { oneMinute: 0.25, fiveMinutes: 1.5, fifteenMinutes: 2 },
      uptimeSeconds: 86_400,
    });
  });

  it('reads what FreeBSD tells', () => {
    const text = lines(
      'cores 4',
      'memory_total_bytes 1048576',
      'load  0.31 0.22 0.18 ',
      'boot_time 1000000 1000060',
      'cp_time 100 20 60 20 800',
      'page_bytes 4096',
      'free_pages 10',
      'free_pages 20',
      'free_pages ',
      'process_percent 1.5',
    );
    expect(parseUsage(text)).toMatchObject({
      cores: 4,
      busyTicks: 200,
      allTicks: 1000,
      memory: { usedBytes: 1048576 - 30 * 4096, limitBytes: 1048576 },
      load: { oneMinute: 0.31 },
      uptimeSeconds: 60,
    });
  });

  it('reads what macOS tells, which counts no ticks', () => {
    const text = lines(
      'cores 8',
      'memory_total_bytes 1000000',
      'load 2.10 2.00 1.90',
      'cp_time ',
      'page_bytes 16384',
      'free_pages 3',
      'process_percent 12.5',
      'process_percent 30.0',
    );
    expect(parseUsage(text)).toMatchObject({
      busyTicks: undefined,
      cpuPercent: 42.5,
      memory: { limitBytes: 1000000 },
    });
  });

  it('takes a host that tells nothing for one core of nothing', () => {
    expect(parseUsage('')).toEqual({
      cores: 1,
      busyTicks: undefined,
      allTicks: undefined,
      cpuPercent: 0,
      memory: { usedBytes: 0, limitBytes: 0 },
      disk: { usedBytes: 0, limitBytes: 0 },
      load: undefined,
    });
  });
});

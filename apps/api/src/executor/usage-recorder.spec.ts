import { Logger } from '@nestjs/common';

import type { JobUsageStore, UsageChunk } from '../executions/job-usage-store';
import { UsageRecorder } from './usage-recorder';

const at = (second: number) => new Date(1_700_000_000_000 + second * 1000);
const usage = (second: number) => ({
  at: at(second),
  cpuPercent: 50,
  memoryBytes: 10,
  diskBytes: 20,
  outputBytes: 0,
  processes: 1,
});

describe('UsageRecorder', () => {
  let written: UsageChunk[];
  let isAway: boolean;
  let recorder: UsageRecorder;

  beforeEach(() => {
    Logger.overrideLogger(false);
    written = [];
    isAway = false;
    const store: Pick<JobUsageStore, 'append'> = {
      append: (chunks) => {
        if (isAway) return Promise.reject(new Error('away'));
        written.push(...chunks);
        return Promise.resolve();
      },
    };
    recorder = new UsageRecorder(store as JobUsageStore);
  });

  const seconds = () => written.map(({ samples }) => samples.map((sample) => sample.at));

  it('writes what is left at the end, and nothing twice', async () => {
    const job = recorder.follow('job');
    job.hear(usage(1));
    job.hear(usage(2));
    await recorder.writeAll();
    job.hear(usage(3));
    job.end();
    await recorder.writeAll();
    expect(seconds()).toEqual([[at(1), at(2)], [at(3)]]);
  });

  it('keeps the last two minutes for a database that is away', async () => {
    isAway = true;
    const job = recorder.follow('job');
    for (let second = 1; second <= 100; second += 1) job.hear(usage(second));
    await recorder.writeAll();
    for (let second = 101; second <= 200; second += 1) job.hear(usage(second));
    isAway = false;
    await recorder.writeAll();
    expect(seconds()).toEqual([Array.from({ length: 120 }, (_, index) => at(81 + index))]);
  });
});

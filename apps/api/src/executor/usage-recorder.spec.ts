import type { JobUsageStore, UsageChunk } from '../executions/job-usage-store';
import { UsageRecorder } from './usage-recorder';

const at = (seconds: number) => new Date(1_700_000_000_000 + seconds * 1000);
const usage = (seconds: number, cpuMs: number) => ({
  at: at(seconds),
  cpuMs,
  memoryBytes: 10,
  diskBytes: 20,
});

describe('UsageRecorder', () => {
  let written: UsageChunk[];
  let isAway: boolean;
  let recorder: UsageRecorder;

  beforeEach(() => {
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

  const percents = () => written.map(({ samples }) => samples.map(({ cpuPercent }) => cpuPercent));

  it('tells the share of a core since the sample before, from the start on', async () => {
    const job = recorder.follow('job');
    job.started(at(0));
    job.hear(usage(1, 500));
    job.hear(usage(2, 2500));
    await recorder.writeAll();
    expect(percents()).toEqual([[50, 200]]);
  });

  it('does not guess what a job used before it was taken over', async () => {
    const job = recorder.follow('job');
    job.hear(usage(1, 60_000));
    job.hear(usage(2, 60_100));
    await recorder.writeAll();
    expect(percents()).toEqual([[10]]);
  });

  it('writes what is left at the end, and nothing twice', async () => {
    const job = recorder.follow('job');
    job.started(at(0));
    job.hear(usage(1, 0));
    await recorder.writeAll();
    job.hear(usage(2, 1000));
    job.end();
    await recorder.writeAll();
    expect(percents()).toEqual([[0], [100]]);
  });

  it('keeps the last two minutes for a database that is away', async () => {
    isAway = true;
    const job = recorder.follow('job');
    job.started(at(0));
    for (let second = 1; second <= 100; second += 1) job.hear(usage(second, second * 10));
    await recorder.writeAll();
    for (let second = 101; second <= 200; second += 1) job.hear(usage(second, second * 10));
    isAway = false;
    await recorder.writeAll();
    expect(written[0]?.samples.map((sample) => sample.at)).toEqual(
      Array.from({ length: 120 }, (_, index) => at(81 + index)),
    );
  });
});

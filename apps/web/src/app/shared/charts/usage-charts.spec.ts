import { usageCharts } from './usage-charts';

const mebibyte = 1024 * 1024;
const point = (at: number, cpuPercent: number, memory: number) => ({
  ...{ at, cpuPercent },
  ...{ memoryBytes: memory * mebibyte, diskBytes: 0 },
});
const axisOf = (index: number, points: Parameters<typeof usageCharts>[1]) => {
  const { yAxis } = usageCharts('the job', points)[index]?.options ?? {};
  const { max, interval } = yAxis as { max: number; interval: number };
  return { max, interval };
};

describe('usageCharts', () => {
  it('says of each measure what it is now and at most', () => {
    const charts = usageCharts('the job', [point(0, 150, 10), point(1000, 20, 83.2)]);
    expect(charts.map(({ label }) => label)).toEqual([
      'CPU of the job: 20 % at last, 150 % at most.',
      'Memory of the job: 83.2 MiB at last, 83.2 MiB at most.',
      'Disk of the job: 0 B at last, 0 B at most.',
    ]);
  });

  it('draws nothing over a time of which nobody knows', () => {
    const points = [point(0, 10, 0), point(1000, 20, 0), point(9000, 30, 0)];
    const dataOf = (brokenAfterMs?: number) => {
      const { series } = usageCharts('the job', points, brokenAfterMs)[0]?.options ?? {};
      return (series as { data: unknown }[])[0]?.data;
    };
    expect(dataOf(3000)).toEqual([
      [0, 10],
      [1000, 20],
      [1001, null],
      [9000, 30],
    ]);
    expect(dataOf()).toHaveLength(3);
  });

  it.each([
    [0, 0.5, 10, 5],
    [0, 18, 20, 5],
    [0, 21, 30, 10],
    [0, 190, 200, 50],
  ])('marks CPU at round percents', (index, cpu, max, interval) => {
    expect(axisOf(index, [point(0, cpu, 0)])).toEqual({ max, interval });
  });

  it.each([
    [1, 16, 4],
    [83.2, 96, 32],
    [1000, 1024, 256],
  ])('marks bytes at powers of two: %d MiB', (memory, max, interval) => {
    expect(axisOf(1, [point(0, 0, memory)])).toEqual({ max: max * mebibyte, interval: interval * mebibyte });
  });
});

import { durationBuckets, percentileOf, sumOf } from './duration-buckets';

/** As the migration's `duration_bucket` does. */
const bucketOf = (seconds: number) =>
  Math.min(durationBuckets, Math.max(1, 2 + Math.floor(3 * Math.log2(seconds / 0.01))));
const counted = (durations: readonly number[]) => {
  const counts = new Array<number>(durationBuckets).fill(0);
  for (const seconds of durations) counts[bucketOf(seconds) - 1] = (counts[bucketOf(seconds) - 1] ?? 0) + 1;
  return counts;
};

describe('percentiles of durations that were counted in buckets', () => {
  it('are those of the durations, nearly', () => {
    const durations = Array.from({ length: 10_000 }, (_, n) => 0.02 * 1.001 ** n);
    for (const share of [0.05, 0.5, 0.95]) {
      const exact = durations[Math.ceil(durations.length * share) - 1] ?? 0;
      const ratio = (percentileOf(counted(durations), share) ?? 0) / exact;
      expect(Math.abs(ratio - 1)).toBeLessThan(0.05);
    }
  });

  it.each([0.012, 1, 3, 60, 86_400])('are at most a quarter wrong when all take %d s', (seconds) => {
    for (const share of [0.5, 0.95]) {
      const ratio = (percentileOf(counted([seconds, seconds, seconds]), share) ?? 0) / seconds;
      expect(Math.abs(ratio - 1)).toBeLessThanOrEqual(0.26);
    }
  });

  it('are within the bounds of what is counted', () => {
    expect(percentileOf(counted([]), 0.5)).toBeNull();
    expect(percentileOf(counted([0.0001]), 0.95)).toBeLessThan(0.01);
    expect(percentileOf(counted([1e9]), 0.95)).toBeCloseTo(0.01 * 2 ** 24);
  });

  it('are taken over several spans together', () => {
    expect(sumOf([counted([1, 2]), counted([2, 4])])).toEqual(counted([1, 2, 2, 4]));
  });
});

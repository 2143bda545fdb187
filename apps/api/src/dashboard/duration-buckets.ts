/**
 * Durations are counted in buckets, three for each doubling from 10 ms to 46 hours, one for what is shorter and one for what is longer:
 * percentiles of any span are then read from sums. Migration 1700001400000 has the same bounds.
 */
const shortestSeconds = 0.01;
const aDoubling = 3;

/** Buckets are numbered from 1, as Postgres numbers elements of an array. */
export const durationBuckets = 74;

/** Where a bucket begins, in seconds. */
function startOf(bucket: number): number {
  return bucket === 1 ? 0 : shortestSeconds * 2 ** ((bucket - 2) / aDoubling);
}

/**
 * The duration, in seconds, below which a share of what was counted lies; null of nothing. Within a bucket durations are taken to be spread
 * evenly, so it is wrong by a quarter at most, where all are alike, and mostly by less than a tenth.
 *
 * @param share 0 to 1
 */
export function percentileOf(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = total * share;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && left <= count) {
      const [start, end] = [startOf(index + 1), startOf(Math.min(index + 2, durationBuckets))];
      return start + ((end - start) * left) / count;
    }
    left -= count;
  }
  return startOf(durationBuckets);
}

/** Counts of the same buckets, together. */
export function sumOf(all: readonly (readonly number[])[]): number[] {
  return Array.from({ length: durationBuckets }, (_, index) =>
    all.reduce((sum, counts) => sum + (counts[index] ?? 0), 0),
  );
}

/** A time, without its end. */
export interface TimeWindow {
  readonly from: Date;
  readonly to: Date;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How far each window reaches back from where the search begins. */
const reaches = [hourMs, ...[1, 4, 16, 60, 150, 400].map((days) => days * dayMs)];

/**
 * The time between two instants in windows, the newest first, each longer than the one before: what occurs often is found in the first,
 * and what is rare costs little in each. A search without beginning ends with a window that has none.
 */
export function* timeWindows(from: Date | undefined, to: Date): Generator<TimeWindow> {
  const begin = from ?? new Date(0);
  let end = to;
  for (const reach of reaches) {
    const start = new Date(Math.max(to.getTime() - reach, begin.getTime()));
    if (start < end) yield { from: start, to: end };
    end = start;
  }
  if (begin < end) yield { from: begin, to: end };
}

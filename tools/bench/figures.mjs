/** The value below which a share of the values lie (nearest rank). @param {number[]} values @param {number} share 0 to 1 */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}

/** One row: p50 and p95 in milliseconds, and the p50's ratio to a baseline's. */
export function row(name, values, baseline) {
  const [p50, p95] = [percentile(values, 0.5), percentile(values, 0.95)];
  const ratio = baseline ? (p50 / percentile(baseline, 0.5)).toFixed(2) : '';
  return { '': name, 'p50 ms': p50.toFixed(1), 'p95 ms': p95.toFixed(1), 'p50 : docker exec': ratio };
}

/** Milliseconds since 1970 with fractions, on the clock that bash's EPOCHREALTIME reads. */
export const epochMs = () => performance.timeOrigin + performance.now();

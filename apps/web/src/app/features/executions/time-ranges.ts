const hourMs = 3_600_000;

export const timeRanges = [
  { id: '1h', word: 'Last hour', ms: hourMs },
  { id: '24h', word: 'Last 24 hours', ms: 24 * hourMs },
  { id: '7d', word: 'Last 7 days', ms: 7 * 24 * hourMs },
  { id: '30d', word: 'Last 30 days', ms: 30 * 24 * hourMs },
] as const;

/** The instant a range begins, to the minute so that a list's address does not change by itself; undefined for all time. */
export function sinceOf(range: string | undefined, now: number): string | undefined {
  const found = timeRanges.find((one) => one.id === range);
  return found && new Date(Math.floor((now - found.ms) / 60_000) * 60_000).toISOString();
}

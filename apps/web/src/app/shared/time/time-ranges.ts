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

/** What an address names as an instant; undefined for what is none. */
export function instantOf(text: string | undefined): string | undefined {
  const at = text === undefined ? NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

/** `25 Nov, 14:00 – 15:00`, on the clocks of the browser; undefined for all time. */
export function spanWords(
  since: string | undefined,
  until: string | undefined,
  locale?: string,
): string | undefined {
  const words = new Intl.DateTimeFormat(locale, {
    ...{ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' },
  });
  const [from, to] = [since, until].map((at) => (at === undefined ? undefined : Date.parse(at)));
  if (from !== undefined && to !== undefined) return words.formatRange(from, to);
  if (from !== undefined) return `Since ${words.format(from)}`;
  return to === undefined ? undefined : `Until ${words.format(to)}`;
}

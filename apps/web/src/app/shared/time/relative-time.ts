const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** How long ago, in words: `just now`, `4 min ago`, `3 h ago`, `2 days ago`, then the date; of what is to come `in 4 min`, `in 3 h`. */
export function formatRelative(at: number, now: number, locale?: string): string {
  const ago = now - at;
  // Clocks of two machines differ by seconds: a little in the future is now.
  if (ago < 10_000 && ago > -10_000) return 'just now';
  if (ago < 0) return formatAhead(at, -ago, locale);
  if (ago < minute) return `${Math.floor(ago / 1000)} s ago`;
  if (ago < hour) return `${Math.floor(ago / minute)} min ago`;
  if (ago < day) return `${Math.floor(ago / hour)} h ago`;
  if (ago < 2 * day) return 'yesterday';
  if (ago < 7 * day) return `${Math.floor(ago / day)} days ago`;
  return formatDate(at, locale);
}

function formatAhead(at: number, ahead: number, locale: string | undefined): string {
  if (ahead < hour) return `in ${Math.ceil(ahead / minute)} min`;
  if (ahead < day) return `in ${Math.round(ahead / hour)} h`;
  if (ahead < 7 * day) return `in ${Math.round(ahead / day)} days`;
  return formatDate(at, locale);
}

function formatDate(at: number, locale: string | undefined): string {
  return new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'short', day: 'numeric' }).format(at);
}

/** The instant with its seconds and zone, for hovering. */
export function formatExact(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
  }).format(at);
}

/** The time of the day, for an instant that is near. */
export function formatClock(at: number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(
    at,
  );
}

/** Days of a time zone, in the browser's own time zone database. A date is written `2026-03-29`. */

export const day = 86_400_000;
export const hour = 3_600_000;

export function ownZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false; // a RangeError: no such zone
  }
}

/** The date that the calendars of the zone show at an instant. */
export function dateIn(at: number, zone: string): string {
  return wallClock(at, zone).slice(0, 10);
}

/** `14:05`, on the clocks of the zone. */
export function timeIn(at: number, zone: string): string {
  return wallClock(at, zone).slice(11, 16);
}

/** The first instant of a date: not always midnight, and 23 or 25 hours before the next where the clocks change. */
export function startOfDate(date: string, zone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  const candidates = [midnight - day, midnight + day].map((near) => midnight - offsetAt(near, zone));
  const [first = midnight, ...others] = candidates
    .filter((at) => dateIn(at, zone) === date)
    .sort((one, other) => one - other);
  return others.length === 0 ? first : Math.min(first, ...others);
}

export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * day).toISOString().slice(0, 10);
}

/** The Monday on or before a date. */
export function mondayOf(date: string): string {
  const weekday = new Date(`${date}T00:00:00Z`).getUTCDay();
  return addDays(date, -((weekday + 6) % 7));
}

export function isDate(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00Z`));
}

/** `Wed, 25 Nov 2026`, as the browser writes it, whatever the zone. */
export function formatDate(date: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(undefined, { ...options, timeZone: 'UTC' }).format(
    Date.parse(`${date}T00:00:00Z`),
  );
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** As ISO 8601 without offset; Swedish writes it so. */
function wallClock(at: number, zone: string): string {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    const times = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, ...fields, ...times });
    clocks.set(zone, clock);
  }
  return clock.format(at).replace(' ', 'T');
}

function offsetAt(at: number, zone: string): number {
  const second = Math.floor(at / 1000) * 1000;
  return Date.parse(`${wallClock(second, zone)}Z`) - second;
}

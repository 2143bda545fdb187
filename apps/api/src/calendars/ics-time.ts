import { type CalendarRule, isTimezone } from '@cronium/contracts';
import type ICAL from 'ical.js';
import { Temporal } from 'temporal-polyfill';

import { instantOf } from '../scheduler/wall-clock';

const dayMs = 86_400_000;

/** What is wrong with a file; the message is for the person who brings it. */
export class IcsError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'IcsError';
  }
}

/** Text of a file on one line, cut to a length, and not within a character. */
export function lineOf(value: unknown, length: number): string {
  if (typeof value !== 'string') return '';
  const line = value.replaceAll(/\s+/g, ' ').trim();
  return line.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** A time of an entry in a file, with the zones that its start and its end name. */
export interface Occurrence {
  readonly start: ICAL.Time;
  readonly end: ICAL.Time;
  readonly startZone: string | undefined;
  readonly endZone: string | undefined;
}

/** As a rule, and about when it is, in milliseconds since 1970; null for what has no length. */
export function placeOf(
  { start, end, startZone, endZone }: Occurrence,
  label: string,
  timezone: string,
): { rule: CalendarRule; from: number; to: number } | null {
  if (start.isDate) {
    const [from, last] = [dateOf(start), Math.max(dateOf(start), dateOf(end) - dayMs)];
    return {
      rule: { kind: 'dates', from: isoDate(from), to: isoDate(last), label },
      from,
      to: last + dayMs,
    };
  }
  const from = instantIn(start, startZone, timezone);
  const to = instantIn(end, endZone, timezone);
  if (to <= from) return null;
  const rule = { kind: 'window', from: new Date(from).toISOString(), to: new Date(to).toISOString(), label };
  return { rule: rule as CalendarRule, from, to };
}

/** In the zone of its name; else as the file defines it; a time that names none is on the calendar's clock. */
function instantIn(time: ICAL.Time, zone: string | undefined, timezone: string): number {
  if (time.zone.tzid === 'UTC') return time.toUnixTime() * 1000;
  if (zone === undefined) return instantOf(wallOf(time), timezone).at;
  if (isTimezone(zone)) return instantOf(wallOf(time), zone).at;
  if (time.zone.tzid !== 'floating') return time.toUnixTime() * 1000;
  throw new IcsError(
    `The time zone “${zone}” is neither known nor defined in the file (VTIMEZONE). Export it with its time zones.`,
  );
}

function wallOf({ year, month, day, hour, minute, second }: ICAL.Time): Temporal.PlainDateTime {
  return Temporal.PlainDateTime.from({ year, month, day, hour, minute, second });
}

function dateOf({ year, month, day }: ICAL.Time): number {
  return Date.UTC(year, month - 1, day);
}

function isoDate(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

import type { FireMark } from '@cronium/contracts';
import { Temporal } from 'temporal-polyfill';

/** The instant of a time on a place's clock, in milliseconds since 1970, and what is odd about it. */
export interface PlacedTime {
  readonly at: number;
  readonly mark: FireMark | null;
}

/**
 * A time that the clocks show twice is the first of the two; one that they jump over is the instant of the jump, the next that exists. So
 * later times on the clock never are earlier instants.
 */
export function instantOf(wall: Temporal.PlainDateTime, timezone: string): PlacedTime {
  const earlier = wall.toZonedDateTime(timezone, { disambiguation: 'earlier' });
  if (!earlier.toPlainDateTime().equals(wall)) {
    const jump = earlier.getTimeZoneTransition('next');
    return { at: (jump ?? earlier).epochMilliseconds, mark: 'time_skipped' };
  }
  const later = wall.toZonedDateTime(timezone, { disambiguation: 'later' });
  return {
    at: earlier.epochMilliseconds,
    mark: earlier.epochMilliseconds === later.epochMilliseconds ? null : 'time_repeated',
  };
}

/** What the clocks of the zone show at an instant. */
export function wallClockAt(at: number, timezone: string): Temporal.PlainDateTime {
  return zoned(at, timezone).toPlainDateTime();
}

/** How far the clocks of the zone are ahead of UTC at an instant, in milliseconds. */
export function offsetAt(at: number, timezone: string): number {
  return timezone === 'UTC' ? 0 : zoned(at, timezone).offsetNanoseconds / 1e6;
}

/** The next instant at which the zone changes its clocks; Infinity when it never does. */
export function nextClockChange(at: number, timezone: string): number {
  if (timezone === 'UTC') return Infinity;
  return zoned(at, timezone).getTimeZoneTransition('next')?.epochMilliseconds ?? Infinity;
}

/**
 * The time on the clock from which on every time comes after the instant for the first time: what the clocks show, or, while they show a
 * time for the second time, the end of the repetition.
 */
export function firstUnseenAfter(at: number, timezone: string): Temporal.PlainDateTime {
  const now = zoned(at, timezone);
  const jump = now.getTimeZoneTransition('previous');
  if (!jump || jump.epochMilliseconds > at) return now.toPlainDateTime();
  const before = jump.subtract({ nanoseconds: 1 });
  const repeatedUntil = before.toPlainDateTime().add({ nanoseconds: 1 });
  const shown = now.toPlainDateTime();
  return Temporal.PlainDateTime.compare(shown, repeatedUntil) < 0
    ? repeatedUntil.subtract({ seconds: 1 })
    : shown;
}

/** As a person reads it there: `2026-03-29T03:00:00+02:00`. */
export function localText(at: number, timezone: string): string {
  return zoned(at, timezone).toString({ timeZoneName: 'never', smallestUnit: 'second' });
}

function zoned(at: number, timezone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timezone);
}

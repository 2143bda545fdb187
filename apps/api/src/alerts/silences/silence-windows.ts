import type { AlertKind } from '@cronium/contracts';

import { wallClockAt } from '../../scheduler/wall-clock';
import { type AlertSubject, eventOf, serverOf } from '../alert-subject';

/** When a silence holds. */
export interface SilenceWindow {
  readonly startsAt: Date;
  /** Of the first window, when it repeats. */
  readonly endsAt: Date;
  readonly weekly: boolean;
  readonly timezone: string;
}

/** Which alerts a silence is for: what is null matches all. */
export interface SilenceMatcher {
  readonly kind: AlertKind | null;
  readonly serverId: string | null;
  readonly eventId: string | null;
}

const week = 7 * 24 * 3_600_000;

/**
 * Whether it holds at an instant. One that repeats goes by the clocks of its zone: it begins and ends at the same times on the clock each
 * week, so that it is an hour longer or shorter, or falls out, where they are changed meanwhile.
 */
export function isWithin({ startsAt, endsAt, weekly, timezone }: SilenceWindow, at: Date): boolean {
  if (at < startsAt) return false;
  if (!weekly) return at < endsAt;
  const start = onTheClock(startsAt, timezone);
  return (onTheClock(at, timezone) - start) % week < onTheClock(endsAt, timezone) - start;
}

export function stateOf(window: SilenceWindow, at: Date): 'planned' | 'active' | 'over' {
  if (isWithin(window, at)) return 'active';
  return window.weekly || at < window.startsAt ? 'planned' : 'over';
}

export function isFor(
  { kind, serverId, eventId }: SilenceMatcher,
  alert: { readonly kind: AlertKind; readonly subject: AlertSubject },
): boolean {
  return (
    (kind === null || kind === alert.kind) &&
    (serverId === null || serverId === serverOf(alert.subject)) &&
    (eventId === null || eventId === eventOf(alert.subject))
  );
}

/** What the clocks show, in milliseconds as if it were UTC. */
function onTheClock(at: Date, timezone: string): number {
  return wallClockAt(at.getTime(), timezone).toZonedDateTime('UTC').epochMilliseconds;
}

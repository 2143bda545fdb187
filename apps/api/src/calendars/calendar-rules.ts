import type { CalendarRule, Weekday } from '@cronium/contracts';

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** From Thursday, 1 January 1970, on. */
const weekdays: readonly Weekday[] = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed'];

/** An instant, in milliseconds since 1970, and what the calendar's clock shows then, as if that were an instant in UTC. */
export interface Moment {
  readonly at: number;
  readonly wall: number;
}

/** A stretch of time, `to` excluded. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * The stretch that holds a moment, or else the next one; null when there is none any more. As instants, which are right as long as the zone
 * does not change its clocks in between.
 */
export type Stretches = (moment: Moment) => Stretch | null;

/** The stretches of a rule, which is read once. */
export function stretchesOf(rule: CalendarRule): Stretches {
  switch (rule.kind) {
    case 'weekly':
      return onClock((wall) => nextWeekly(rule, wall));
    case 'yearly':
      return onClock((wall) => nextYearly(rule, wall));
    case 'dates': {
      const stretch = { from: Date.parse(rule.from), to: Date.parse(rule.to) + dayMs };
      return onClock((wall) => (stretch.to > wall ? stretch : null));
    }
    case 'window': {
      const stretch = { from: Date.parse(rule.from), to: Date.parse(rule.to) };
      return ({ at }) => (stretch.to > at ? stretch : null);
    }
  }
}

function onClock(stretchAt: (wall: number) => Stretch | null): Stretches {
  return ({ at, wall }) => {
    const stretch = stretchAt(wall);
    return stretch && { from: stretch.from - wall + at, to: stretch.to - wall + at };
  };
}

/** Yesterday's may pass midnight; the same day of the next week is the last that may come. */
function nextWeekly(rule: Extract<CalendarRule, { kind: 'weekly' }>, wall: number): Stretch | null {
  const today = Math.floor(wall / dayMs);
  const [start, end] = [minutesOf(rule.from), minutesOf(rule.to)];
  const length = end > start ? end - start : end - start + 24 * 60;
  for (let day = today - 1; day <= today + 7; day += 1) {
    const from = day * dayMs + start * minuteMs;
    const to = from + length * minuteMs;
    const weekday = weekdays[((day % 7) + 7) % 7];
    if (weekday && rule.days.includes(weekday) && to > wall) return { from, to };
  }
  return null;
}

/** 29 February may be eight years away, about the turn of a century. */
function nextYearly({ month, day }: Extract<CalendarRule, { kind: 'yearly' }>, wall: number): Stretch | null {
  const year = new Date(wall).getUTCFullYear();
  for (let later = 0; later <= 8; later += 1) {
    const from = Date.UTC(year + later, month - 1, day);
    const exists = new Date(from).getUTCDate() === day;
    if (exists && from + dayMs > wall) return { from, to: from + dayMs };
  }
  return null;
}

/** `24:00` is 1440. */
function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

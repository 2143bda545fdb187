import {
  type CalendarKind,
  type CalendarRule,
  calendarRuleWords,
  type CalendarStop,
} from '@cronium/contracts';

import { nextClockChange, offsetAt } from '../scheduler/wall-clock';
import { type Moment, type Stretches, stretchesOf } from './calendar-rules';

/** What of a calendar decides whether a planned time runs. */
export interface CalendarTimes {
  readonly id: string;
  readonly name: string;
  readonly kind: CalendarKind;
  readonly timezone: string;
  /** By hand and imported. */
  readonly rules: readonly CalendarRule[];
}

/** A planned time that a calendar stops. */
export interface Stop {
  readonly by: CalendarStop;
  /** Every instant before this is stopped by the same calendar, too; null when it never lets anything through again. */
  readonly until: number | null;
}

/** Who stops an instant (milliseconds since 1970); null when every calendar lets it through. */
export type Stops = (at: number) => Stop | null;

/** What lets everything through. */
export const noStops: Stops = () => null;

/** What is said of an instant, and before when the same is said of those after it; Infinity for ever. */
interface Answer {
  readonly by: CalendarStop | null;
  readonly until: number;
}

interface Calendar {
  readonly times: CalendarTimes;
  readonly rules: readonly { readonly rule: CalendarRule; readonly stretches: Stretches }[];
}

/** Each calendar must let a time through; the first that does not is named. Asked in the order of time, a stretch is looked at once. */
export function stopsOf(calendars: readonly CalendarTimes[]): Stops {
  if (calendars.length === 0) return noStops;
  const read = calendars.map((times) => ({
    times,
    rules: times.rules.map((rule) => ({ rule, stretches: stretchesOf(rule) })),
  }));
  let known: { readonly from: number; readonly answer: Answer } | null = null;
  return (at) => {
    if (!known || at < known.from || at >= known.answer.until) {
      known = { from: at, answer: answerOf(read, at) };
    }
    const { by, until } = known.answer;
    return by && { by, until: until === Infinity ? null : until };
  };
}

/** That nobody stops a time holds as long as it does for each. */
function answerOf(calendars: readonly Calendar[], at: number): Answer {
  let until = Infinity;
  for (const calendar of calendars) {
    const answer = answerBy(calendar, at);
    if (answer.by) return answer;
    until = Math.min(until, answer.until);
  }
  return { by: null, until };
}

/**
 * What the clock shows decides, so a time that is shown twice is covered twice. The answer holds until the clocks change at the latest: what
 * comes after is to be asked again.
 */
function answerBy({ times, rules }: Calendar, at: number): Answer {
  const { kind, timezone } = times;
  const moment: Moment = { at, wall: at + offsetAt(at, timezone) };
  let next = Infinity;
  for (const { rule, stretches } of rules) {
    const stretch = stretches(moment);
    if (!stretch) continue;
    if (stretch.from <= at) {
      const until = Math.min(stretch.to, nextClockChange(at, timezone));
      return { by: kind === 'blackout' ? stopOf(times, rule) : null, until };
    }
    next = Math.min(next, stretch.from);
  }
  const until = next === Infinity ? next : Math.min(next, nextClockChange(at, timezone));
  return { by: kind === 'blackout' ? null : stopOf(times, null), until };
}

function stopOf({ id, name, kind }: CalendarTimes, rule: CalendarRule | null): CalendarStop {
  return { id, name, kind, rule: rule && calendarRuleWords(rule) };
}

/** For the record of a run that did not happen. */
export function stopMessage({ name, kind, rule }: CalendarStop): string {
  return kind === 'blackout'
    ? `The calendar “${name}” stops what is planned then: ${rule ?? ''}.`
    : `The calendar “${name}” allows no run at this time.`;
}

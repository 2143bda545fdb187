import type { Upcoming, UpcomingEvent } from '@cronium/contracts';

import { addDays, hour, startOfDate, timeIn } from '../../shared/time/zone-days';
import { clashesOf, type Clash } from './clashes';

/** One planned run. */
export interface PlannedRun {
  readonly at: number;
  readonly event: UpcomingEvent;
  readonly clash: Clash | null;
}

/** An hour of a day: runs at their times, and events that run so often that only their number is known. */
export interface PlannedHour {
  readonly at: number;
  /** On the clocks of the zone. */
  readonly time: string;
  readonly runs: readonly PlannedRun[];
  readonly often: readonly { readonly event: UpcomingEvent; readonly count: number }[];
  /** Runs that will start: without those of paused events. */
  readonly load: number;
  readonly clash: 'none' | 'together' | 'too many';
}

export interface PlannedDay {
  readonly date: string;
  readonly hours: readonly PlannedHour[];
  readonly load: number;
}

/** What is planned, by day and hour on the clocks of a zone. A day has 23 or 25 hours where the clocks change. */
export function plannedDays(upcoming: Upcoming, dates: readonly string[], zone: string): PlannedDay[] {
  const clashes = clashesOf(upcoming);
  const byHour = new Map<number, { runs: PlannedRun[]; often: PlannedHour['often'][number][] }>();
  const starts = dates.map((date) => startOfDate(date, zone));
  const hourOf = (at: number): number => {
    // Hours are counted from the start of the day: there are zones whose days do not begin with an hour of UTC.
    const start = starts.findLast((one) => one <= at) ?? at;
    return start + Math.floor((at - start) / hour) * hour;
  };
  const slot = (at: number) => {
    const key = hourOf(at);
    const found = byHour.get(key) ?? { runs: [], often: [] };
    byHour.set(key, found);
    return found;
  };
  for (const event of upcoming.events) {
    for (const run of event.runs) {
      const at = Date.parse(run);
      slot(at).runs.push({ at, event, clash: clashes.of(event, at) });
    }
    for (const { at, count } of event.hours) slot(Date.parse(at)).often.push({ event, count });
  }
  return dates.map((date, index) => {
    const start = starts[index] ?? 0;
    const end = startOfDate(addDays(date, 1), zone);
    const hours: PlannedHour[] = [];
    for (let at = start; at < end; at += hour) {
      const { runs = [], often = [] } = byHour.get(at) ?? {};
      hours.push(toHour(at, timeIn(at, zone), runs, often));
    }
    return { date, hours, load: hours.reduce((sum, { load }) => sum + load, 0) };
  });
}

function toHour(
  at: number,
  time: string,
  runs: readonly PlannedRun[],
  often: PlannedHour['often'],
): PlannedHour {
  const single = runs.filter(({ event }) => !event.paused).length;
  const counted = often.reduce((sum, { event, count }) => sum + (event.paused ? 0 : count), 0);
  const clash = runs.some((run) => run.clash?.tooMany)
    ? 'too many'
    : runs.some((run) => run.clash)
      ? 'together'
      : 'none';
  return { at, time, runs: [...runs].sort((a, b) => a.at - b.at), often, load: single + counted, clash };
}

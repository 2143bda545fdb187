import { type PreviewSchedule, scheduleBounds, type SchedulePreview } from '@cronium/contracts';

import type { Stop, Stops } from '../calendars/calendar-stops';
import type { PreviewBasis } from '../events/events.service';
import { describeSchedule } from './describe-schedule';
import { type FireTimes, fireTimesOf } from './fire-times';
import { refusing } from './plan';
import { searchAtMost } from './timetable';
import { localText, type PlacedTime } from './wall-clock';

/** A planned time, and what becomes of it. */
interface Listed {
  readonly time: PlacedTime;
  readonly stop: Stop | null;
  /** Up to then more are stopped, and not listed. */
  readonly until: number | null;
}

interface Found {
  readonly listed: Listed[];
  /** The instant up to which was looked, when that was not enough. */
  readonly gaveUpAt: number | null;
}

/** Planned times that one preview looks at. */
const looksAtMost = 4 * searchAtMost;

/**
 * The next planned times, until enough of them run.
 *
 * @throws DomainError that names the field when the schedule cannot be followed
 */
export function previewOf(
  { schedule, from, count }: Pick<PreviewSchedule, 'schedule' | 'from' | 'count'>,
  { anchor, runsSoFar }: PreviewBasis,
  stops: Stops,
  now: Date,
): SchedulePreview {
  return refusing(() => {
    const times = fireTimesOf(schedule, anchor.getTime());
    const allowed = 'maxExecutions' in schedule ? (schedule.maxExecutions ?? Infinity) : Infinity;
    const most = Math.min(count, allowed - runsSoFar);
    const start = from === undefined ? now.getTime() : Date.parse(from);
    const { listed, gaveUpAt } = listRuns(times, start, most, stops);
    const timezone = 'timezone' in schedule ? schedule.timezone : 'UTC';
    return {
      description: describeSchedule(schedule),
      runs: listed.map(({ time: { at, mark }, stop, until }) => ({
        ...{ at: new Date(at).toISOString(), local: localText(at, timezone), mark },
        stoppedBy: stop && stop.by,
        until: isoOrNull(until),
      })),
      gaveUpAt: isoOrNull(gaveUpAt),
    };
  });
}

function listRuns(times: FireTimes, start: number, most: number, stops: Stops): Found {
  const listed: Listed[] = [];
  const looks = { left: looksAtMost };
  let after = start;
  for (let open = 0; open < most; open += 1) {
    const row = nextOpen(times, after, stops, looks);
    listed.push(...row.listed);
    const last = row.listed.at(-1);
    if (row.gaveUpAt !== null || !last || last.stop) return { listed, gaveUpAt: row.gaveUpAt };
    after = last.time.at;
  }
  return { listed, gaveUpAt: null };
}

/** Up to the next time that runs: of those before it that are stopped the first ones, the last of which says until when there are more. */
function nextOpen(times: FireTimes, start: number, stops: Stops, looks: { left: number }): Found {
  const listed: Listed[] = [];
  let isFolded = false;
  let time = times(start);
  for (let looked = 0; time; looked += 1) {
    const stop = stops(time.at);
    looks.left -= 1;
    if (!stop) return { listed: [...folded(listed, isFolded, time.at), shown(time, null)], gaveUpAt: null };
    if (listed.length < scheduleBounds.previewStoppedInARow) listed.push(shown(time, stop));
    else isFolded = true;
    if (stop.until === null || looked >= searchAtMost || looks.left <= 0) {
      return { listed: folded(listed, isFolded, time.at), gaveUpAt: time.at };
    }
    time = times(isFolded ? Math.max(time.at, stop.until - 1) : time.at);
  }
  return { listed, gaveUpAt: null };
}

function shown(time: PlacedTime, stop: Stop | null): Listed {
  return { time, stop, until: null };
}

function folded(listed: readonly Listed[], isFolded: boolean, until: number): Listed[] {
  return listed.map((one, index) => (isFolded && index === listed.length - 1 ? { ...one, until } : one));
}

function isoOrNull(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

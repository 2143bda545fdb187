import type { DashboardHeatMap, HeatMapHour } from '@cronium/contracts';

import { formatDate } from '../../shared/time/zone-days';

export interface HeatMapCell {
  /** Absent when nothing succeeded or failed. */
  readonly hour?: HeatMapHour;
  /** How much of the colour is that of failures, in percent. */
  readonly red: number;
  /** How strong the colour is, in percent: by how much ran. */
  readonly strength: number;
  /** For pointing at it, and for readers. */
  readonly words: string;
}

export interface HeatMapRow {
  /** `14:00` */
  readonly time: string;
  readonly cells: readonly HeatMapCell[];
}

/** One failure among many must still be seen. */
const leastRed = 20;
const leastStrength = 30;

/** A row an hour of the day, a column a day. */
export function heatMapRows({ dates, hours }: DashboardHeatMap): HeatMapRow[] {
  const most = Math.max(1, ...hours.map(countOf));
  const known = new Map(hours.map((one) => [`${one.date} ${one.hour}`, one]));
  return Array.from({ length: 24 }, (_, hour) => {
    const time = `${String(hour).padStart(2, '0')}:00`;
    const cells = dates.map((date) => cellOf(date, time, known.get(`${date} ${hour}`), most));
    return { time, cells };
  });
}

function cellOf(date: string, time: string, hour: HeatMapHour | undefined, most: number): HeatMapCell {
  const when = `${dayWords(date)}, ${time}`;
  if (hour === undefined) return { red: 0, strength: 0, words: `${when}: nothing ran` };
  const { succeeded, failed } = hour;
  const share = failed / countOf(hour);
  // By the logarithm: what runs every minute must not make all else pale.
  const volume = most === 1 ? 1 : Math.log(countOf(hour)) / Math.log(most);
  return {
    hour,
    red: failed === 0 ? 0 : Math.round(leastRed + (100 - leastRed) * share),
    strength: Math.round(leastStrength + (100 - leastStrength) * volume),
    words: `${when}: ${succeeded} succeeded, ${failed} failed`,
  };
}

function countOf({ succeeded, failed }: HeatMapHour): number {
  return succeeded + failed;
}

export function dayWords(date: string): string {
  return formatDate(date, { weekday: 'short', day: 'numeric', month: 'short' });
}

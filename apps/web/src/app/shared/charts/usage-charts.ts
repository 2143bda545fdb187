import { formatBytes } from '../size/bytes';
import type { ChartOptions } from './chart-options';
import { timeLineOptions, type TimeLine } from './time-line';

/** What a job or a server used at one time. */
export interface UsagePoint {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of one core. */
  readonly cpuPercent: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
}

/** A chart of one measure, with what it says to readers. */
export interface UsageChart {
  readonly word: string;
  /** The last value. */
  readonly now: string;
  readonly most: string;
  readonly label: string;
  readonly options: ChartOptions;
}

interface Measure extends Pick<TimeLine, 'color' | 'words' | 'atLeast' | 'base'> {
  readonly word: string;
  readonly of: (point: UsagePoint) => number;
}

const mebibyte = 1024 * 1024;

const measures: readonly Measure[] = [
  {
    ...{ word: 'CPU', color: 'var(--accent)', atLeast: 10, base: 10 },
    ...{ words: (value: number) => `${value.toFixed(0)} %`, of: (point: UsagePoint) => point.cpuPercent },
  },
  {
    ...{ word: 'Memory', color: 'var(--state-running)', atLeast: 16 * mebibyte, base: 2 },
    ...{ words: formatBytes, of: (point: UsagePoint) => point.memoryBytes },
  },
  {
    ...{ word: 'Disk', color: 'var(--state-lost)', atLeast: 16 * mebibyte, base: 2 },
    ...{ words: formatBytes, of: (point: UsagePoint) => point.diskBytes },
  },
];

/**
 * CPU, memory and disk over time, a chart each.
 *
 * @param whose as in “CPU of the job”
 * @param brokenAfterMs where there is no point for so long, nothing is drawn
 */
export function usageCharts(
  whose: string,
  points: readonly UsagePoint[],
  brokenAfterMs = Infinity,
): UsageChart[] {
  return measures.map(({ word, color, atLeast, base, words, of }) => {
    const line = points.map((point) => ({ at: point.at, value: of(point) }));
    const now = words(line.at(-1)?.value ?? 0);
    const most = words(line.reduce((highest, { value }) => Math.max(highest, value), 0));
    return {
      ...{ word, now, most, label: `${word} of ${whose}: ${now} at last, ${most} at most.` },
      options: timeLineOptions({ name: word, color, words, atLeast, base, points: line, brokenAfterMs }),
    };
  });
}

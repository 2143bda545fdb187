import type { DashboardTrend } from '@cronium/contracts';

import type { ChartOptions } from '../../shared/charts/chart-options';
import { formatDate } from '../../shared/time/zone-days';
import { countWords, secondsWords, shareWords, successOf } from './figure-words';

/** What the chart may show. */
export const trendMetrics = [
  { id: 'runs', word: 'Runs' },
  { id: 'success', word: 'Success' },
  { id: 'run', word: 'Run time' },
  { id: 'wait', word: 'Waiting' },
] as const;
export type TrendMetric = (typeof trendMetrics)[number]['id'];

type Day = DashboardTrend['days'][number];

/** A line or a part of a bar: its name, its colour, its value of a day. */
interface Series {
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
  readonly valueOf: (day: Day) => number | null;
}

interface Look {
  readonly series: readonly Series[];
  readonly words: (value: number) => string;
  readonly bars?: boolean;
  readonly max?: number;
}

const durations = (name: 'run' | 'wait'): Look => ({
  series: [
    { name: 'Half are below', color: 'var(--accent)', valueOf: (day) => day[name].p50Seconds },
    {
      ...{ name: '95 % are below', color: 'var(--state-warning)', dashed: true },
      valueOf: (day) => day[name].p95Seconds,
    },
  ],
  words: secondsWords,
});

const looks: Record<TrendMetric, Look> = {
  runs: {
    series: [
      { name: 'Succeeded', color: 'var(--state-succeeded)', valueOf: ({ succeeded }) => succeeded },
      { name: 'Failed', color: 'var(--state-failed)', valueOf: ({ failed }) => failed },
      {
        ...{ name: 'Cancelled or skipped', color: 'var(--line-strong)' },
        valueOf: ({ cancelled, skipped }) => cancelled + skipped,
      },
    ],
    words: countWords,
    bars: true,
  },
  success: {
    series: [{ name: 'Success', color: 'var(--state-succeeded)', valueOf: successOf }],
    words: shareWords,
    max: 1,
  },
  run: durations('run'),
  wait: durations('wait'),
};

export function trendOptions({ days }: DashboardTrend, metric: TrendMetric): ChartOptions {
  const { series, words, bars = false, max } = looks[metric];
  const said = (value: unknown) => (typeof value === 'number' ? words(value) : '–');
  return {
    grid: { left: 4, right: 12, top: 12, bottom: 30, outerBoundsMode: 'same' },
    legend: { bottom: 0, left: 'center', icon: 'roundRect', show: series.length > 1 },
    tooltip: {
      trigger: 'axis',
      confine: true,
      axisPointer: { type: bars ? 'shadow' : 'line' },
      valueFormatter: said,
    },
    xAxis: {
      type: 'category',
      data: days.map(({ date }) => formatDate(date, { day: 'numeric', month: 'short' })),
      boundaryGap: bars,
    },
    yAxis: {
      type: 'value',
      min: 0,
      ...(max === undefined ? {} : { max, interval: max / 4 }),
      minInterval: bars ? 1 : 0,
      splitNumber: 4,
      axisLabel: { formatter: said },
    },
    series: series.map(({ name, color, dashed, valueOf }) => {
      const shared = { id: name, name, color, data: days.map(valueOf) };
      if (bars) return { ...shared, type: 'bar', stack: 'all', barMaxWidth: 36 };
      // A point alone between days without any would have no line.
      const line = { type: dashed ? 'dashed' : 'solid' } as const;
      return { ...shared, type: 'line', lineStyle: line, showSymbol: days.length <= 31, symbol: 'circle' };
    }),
  };
}

/** The same as a table, for readers. */
export function trendTable({ days }: DashboardTrend, metric: TrendMetric) {
  const { series, words } = looks[metric];
  return {
    columns: series.map(({ name }) => name),
    rows: days.map((day) => ({
      date: formatDate(day.date, { weekday: 'short', day: 'numeric', month: 'short' }),
      values: series.map(({ valueOf }) => {
        const value = valueOf(day);
        return value === null ? '–' : words(value);
      }),
    })),
  };
}

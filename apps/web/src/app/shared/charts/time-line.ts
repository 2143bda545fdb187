import type { ChartOptions } from './chart-options';

/** A value at a time, in milliseconds since 1970. */
export interface TimePoint {
  readonly at: number;
  readonly value: number;
}

export interface TimeLine {
  readonly name: string;
  readonly color: string;
  readonly points: readonly TimePoint[];
  /** As the axis and the tooltip say a value. */
  readonly words: (value: number) => string;
  /** The least that the axis reaches: a line of small values is not to fill the chart. */
  readonly atLeast?: number;
}

/** One measure over time, as a filled line. */
export function timeLineOptions({ name, color, points, words, atLeast = 0 }: TimeLine): ChartOptions {
  const said = (value: unknown) => (typeof value === 'number' ? words(value) : '–');
  return {
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: 'same' },
    tooltip: { trigger: 'axis', confine: true, valueFormatter: said },
    xAxis: { type: 'time', splitNumber: 4, axisLabel: { hideOverlap: true } },
    yAxis: {
      type: 'value',
      min: 0,
      max: ({ max }: { max: number }) => Math.max(max, atLeast),
      splitNumber: 3,
      axisLabel: { formatter: said },
    },
    series: [
      {
        id: name,
        name,
        color,
        type: 'line',
        showSymbol: points.length === 1,
        areaStyle: { opacity: 0.12 },
        data: points.map(({ at, value }) => [at, value]),
      },
    ],
  };
}

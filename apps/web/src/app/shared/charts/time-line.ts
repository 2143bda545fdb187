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
  readonly brokenAfterMs: number;
  /** As the axis and the tooltip say a value. */
  readonly words: (value: number) => string;
  /** The least that the axis reaches: a line of small values is not to fill the chart. */
  readonly atLeast: number;
  /** Bytes are marked at 16, 32 or 64 MiB, other figures at 10, 20 or 50. */
  readonly base: 2 | 10;
}

const marks = 4;

/** One measure over time, as a filled line. */
export function timeLineOptions({
  name,
  color,
  points,
  brokenAfterMs,
  words,
  atLeast,
  base,
}: TimeLine): ChartOptions {
  const most = points.reduce((highest, { value }) => Math.max(highest, value), atLeast);
  const interval = roundStep(most / marks, base);
  const said = (value: unknown) => (typeof value === 'number' ? words(value) : '–');
  return {
    grid: { left: 4, right: 12, top: 12, bottom: 4, outerBoundsMode: 'same' },
    tooltip: { trigger: 'axis', confine: true, valueFormatter: said },
    xAxis: { type: 'time', splitNumber: 4, axisLabel: { hideOverlap: true } },
    yAxis: {
      type: 'value',
      min: 0,
      max: interval * Math.ceil(most / interval),
      interval,
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
        data: withBreaks(points, brokenAfterMs),
      },
    ],
  };
}

/** As ECharts takes them; one without a value ends the line. */
function withBreaks(points: readonly TimePoint[], brokenAfterMs: number): [number, number | null][] {
  return points.flatMap(({ at, value }, index) => {
    const before = points[index - 1]?.at ?? at;
    const point: [number, number | null] = [at, value];
    return at - before > brokenAfterMs ? [[before + 1, null], point] : [point];
  });
}

/** The least round step that is not below. */
function roundStep(least: number, base: 2 | 10): number {
  if (base === 2) return 2 ** Math.ceil(Math.log2(least));
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
}

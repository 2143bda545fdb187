import type { DashboardFigures, DashboardHeatMap, DashboardTrend, HeatMapHour } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { durationBuckets, percentileOf, sumOf } from './duration-buckets';
import { datesOf, type Period, periodValues, startOfDay } from './period';

/** What was counted of executions that have ended: a few thousand rows, however many executions there were. */
@Injectable()
export class RolledUpFigures {
  constructor(private readonly database: DataSource) {}

  async heatMap(period: Period): Promise<DashboardHeatMap> {
    const rows = await this.database.query<HourRow[]>(
      `SELECT to_char(local, 'YYYY-MM-DD') AS date, extract(hour FROM local)::integer AS hour, min(at) AS since,
              max(at) + interval '15 min' AS until, sum(succeeded)::integer AS succeeded, sum(failed)::integer AS failed
         FROM (SELECT date_trunc('hour', at AT TIME ZONE $2::text) AS local, at, succeeded, failed FROM execution_quarters
                WHERE owner_id = $1 AND at >= ${startOfDay('$3::integer - 1')} AND at <= $4 AND succeeded + failed > 0) counted
        GROUP BY local ORDER BY local`,
      periodValues(period),
    );
    return {
      asOf: await this.asOf(),
      dates: datesOf(period),
      hours: rows.map(({ since, until, ...row }) => ({
        ...row,
        since: since.toISOString(),
        until: until.toISOString(),
      })),
    };
  }

  async trend(period: Period): Promise<DashboardTrend> {
    const [counts, durations, asOf] = await Promise.all([
      this.counts(period),
      this.durations(period),
      this.asOf(),
    ]);
    const spanOf = (belongs: (row: DayRow) => boolean): DashboardFigures =>
      toFigures(counts.filter(belongs), durations.filter(belongs));
    return {
      asOf,
      days: datesOf(period).map((date, index) => ({ date, ...spanOf(({ day }) => day === index) })),
      total: spanOf(({ day }) => day !== null),
      before: spanOf(({ day }) => day === null),
    };
  }

  private counts(period: Period): Promise<CountRow[]> {
    return this.database.query<CountRow[]>(
      byDay(
        'execution_quarters',
        ['succeeded', 'failed', 'cancelled', 'skipped'].map((name) => `sum(${name})::integer AS ${name}`),
      ),
      periodValues(period),
    );
  }

  private durations(period: Period): Promise<DurationRow[]> {
    const sums = (name: string) =>
      Array.from({ length: durationBuckets }, (_, index) => `sum(${name}[${index + 1}])`).join(', ');
    return this.database.query<DurationRow[]>(
      byDay(
        'execution_hours',
        ['runs', 'waits'].map((name) => `ARRAY[${sums(name)}]::integer[] AS ${name}`),
      ),
      periodValues(period),
    );
  }

  private async asOf(): Promise<string> {
    const [row] = await this.database.query<{ until: Date }[]>('SELECT until FROM execution_rollup');
    return (row?.until ?? new Date(0)).toISOString();
  }
}

/**
 * Sums of each day of a period, and, with the day null, of as many days before it until the same time of the day. Each is a range of the
 * primary key, so that nothing is sorted and no row is asked for its day.
 */
function byDay(table: string, sums: readonly string[]): string {
  return `SELECT span.day, summed.*
       FROM (SELECT day, ${startOfDay('$3::integer - 1 - day')} AS since, ${startOfDay('$3::integer - 2 - day')} AS until
               FROM generate_series(0, $3::integer - 1) AS day
              UNION ALL SELECT NULL, ${startOfDay('2 * $3::integer - 1')}, $4::timestamptz - make_interval(days => $3)) span
      CROSS JOIN LATERAL (
        SELECT ${sums.join(', ')} FROM ${table} WHERE owner_id = $1 AND at >= span.since AND at < span.until HAVING count(*) > 0) summed`;
}

function toFigures(counts: readonly CountRow[], durations: readonly DurationRow[]): DashboardFigures {
  const total = (name: 'succeeded' | 'failed' | 'cancelled' | 'skipped') =>
    counts.reduce((sum, row) => sum + row[name], 0);
  return {
    ...{ succeeded: total('succeeded'), failed: total('failed') },
    ...{ cancelled: total('cancelled'), skipped: total('skipped') },
    run: percentiles(durations.map(({ runs }) => runs)),
    wait: percentiles(durations.map(({ waits }) => waits)),
  };
}

function percentiles(counts: readonly (readonly number[])[]): DashboardFigures['run'] {
  const together = sumOf(counts);
  return { p50Seconds: percentileOf(together, 0.5), p95Seconds: percentileOf(together, 0.95) };
}

type HourRow = Omit<HeatMapHour, 'since' | 'until'> & { since: Date; until: Date };

interface DayRow {
  /** Which of the period, from 0; null for the days before it. */
  day: number | null;
}

interface CountRow extends DayRow {
  succeeded: number;
  failed: number;
  cancelled: number;
  skipped: number;
}

interface DurationRow extends DayRow {
  runs: number[];
  waits: number[];
}

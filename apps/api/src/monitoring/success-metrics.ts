import {
  type Percentiles,
  successBounds,
  type SuccessFigures,
  type SuccessGroup,
  type SuccessMetrics as SuccessMetricsDto,
  type SuccessQuery,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

const percentiles = '{0.5,0.95,0.99}';
/** Null where one of them is not known; clocks of two machines may differ by more than what lies between. */
const milliseconds = (from: string, to: string) =>
  `CASE WHEN ${to} < ${from} THEN 0 ELSE extract(epoch FROM ${to} - ${from})::float8 * 1000 END`;

/** How the product does what it promises, from the records of the jobs themselves. */
@Injectable()
export class SuccessMetrics {
  constructor(private readonly database: DataSource) {}

  /** @param now where the period ends */
  async read({ days, timezone }: SuccessQuery, now = new Date()): Promise<SuccessMetricsDto> {
    const [rows, adoption] = await Promise.all([
      this.database.query<GroupRow[]>(statement, [days, timezone, successBounds.jobs, now]),
      this.database.query<SuccessMetricsDto['adoption'][]>(
        `SELECT count(*)::int AS events,
                count(*) FILTER (WHERE server_tag IS NOT NULL OR EXISTS (SELECT 1 FROM event_servers WHERE event_id = events.id))::int AS "onServers" FROM events`,
      ),
    ]);
    const of = (kind: string) => rows.filter((row) => row.kind === kind);
    const [whole] = of('total');
    const total = whole ? toFigures(whole) : noFigures;
    const { platformSuccess, jobs: most } = successBounds;
    return {
      since: (whole?.since ?? now).toISOString(),
      isWhole: (whole?.counted ?? 0) < most,
      total,
      errorBudget: {
        promised: platformSuccess,
        allowed: Math.round(total.jobs * (1 - platformSuccess) * 10) / 10,
        used: total.platformFailures,
      },
      adoption: adoption[0] ?? { events: 0, onServers: 0 },
      byDay: of('day').map((row) => ({ date: row.name ?? '', ...toFigures(row) })),
      byServer: largest(of('server')),
      byEvent: largest(of('event')),
      byUser: largest(of('user')),
    };
  }
}

/**
 * The newest jobs by their ids, which are in the order of time: however many there are, as many are read. `$4` is where the period ends.
 * What ran is counted, on its last state; what was cancelled or skipped says nothing of the platform.
 */
const statement = `
  WITH recent AS MATERIALIZED (
    SELECT job.server_id, job.server_name, execution.event_id, execution.event_name, owner.id AS owner_id, owner.name AS owner_name,
           to_char(job.queued_at AT TIME ZONE $2, 'YYYY-MM-DD') AS day, job.queued_at,
           job.state NOT IN ('cancelled', 'skipped') AS is_counted, coalesce((job.error->>'platform')::boolean, job.state = 'lost') AS is_platform,
           ${milliseconds('job.admitted_at', 'job.started_at')} AS start_ms,
           ${milliseconds('job.script_ended_at', 'job.ended_at')} AS end_ms,
           ${milliseconds('greatest(job.queued_at, job.not_before)', 'job.admitted_at')} AS wait_ms,
           CASE WHEN job.attempt = 1 THEN ${milliseconds('execution.due_at', 'job.started_at')} END AS late_ms
      FROM (SELECT * FROM jobs WHERE ended_at IS NOT NULL AND queued_at > $4::timestamptz - make_interval(days => $1) AND queued_at <= $4
             ORDER BY id DESC LIMIT $3) job
      JOIN executions execution ON execution.id = job.execution_id
      JOIN users owner ON owner.id = execution.owner_id)
  SELECT CASE grouping(day, server_name, event_name, owner_name)
           WHEN 15 THEN 'total' WHEN 7 THEN 'day' WHEN 11 THEN 'server' WHEN 13 THEN 'event' ELSE 'user' END AS kind,
         coalesce(server_id, event_id, owner_id) AS id, coalesce(day, server_name, event_name, owner_name) AS name,
         min(queued_at) AS since, count(*)::int AS counted, count(*) FILTER (WHERE is_counted)::int AS jobs,
         count(*) FILTER (WHERE is_counted AND is_platform)::int AS failures,
         percentile_cont('${percentiles}'::float8[]) WITHIN GROUP (ORDER BY start_ms) AS start,
         percentile_cont('${percentiles}'::float8[]) WITHIN GROUP (ORDER BY end_ms) AS "end",
         percentile_cont('${percentiles}'::float8[]) WITHIN GROUP (ORDER BY wait_ms) AS wait,
         percentile_cont('${percentiles}'::float8[]) WITHIN GROUP (ORDER BY late_ms) AS late
    FROM recent
   GROUP BY GROUPING SETS ((), (day), (server_id, server_name), (event_id, event_name), (owner_id, owner_name))
   ORDER BY kind, name`;

interface GroupRow {
  readonly kind: 'total' | 'day' | 'server' | 'event' | 'user';
  readonly id: string | null;
  readonly name: string | null;
  /** Null when there is nothing. */
  readonly since: Date | null;
  readonly counted: number;
  readonly jobs: number;
  readonly failures: number;
  readonly start: number[] | null;
  readonly end: number[] | null;
  readonly wait: number[] | null;
  readonly late: number[] | null;
}

const noFigures: SuccessFigures = {
  ...{ jobs: 0, platformFailures: 0, successRate: null },
  ...{ start: null, end: null, queueWait: null, lateness: null },
};

function toFigures({ jobs, failures, start, end, wait, late }: GroupRow): SuccessFigures {
  return {
    jobs,
    platformFailures: failures,
    successRate: jobs > 0 ? (jobs - failures) / jobs : null,
    start: toPercentiles(start),
    end: toPercentiles(end),
    queueWait: toPercentiles(wait),
    lateness: toPercentiles(late),
  };
}

function toPercentiles(values: number[] | null): Percentiles | null {
  const [p50, p95, p99] = (values ?? []).map((value) => Math.round(value * 10) / 10);
  return p50 === undefined || p95 === undefined || p99 === undefined ? null : { p50, p95, p99 };
}

/** What failed most comes first, then what ran most. */
function largest(rows: readonly GroupRow[]): SuccessGroup[] {
  return rows
    .toSorted((one, other) => other.failures - one.failures || other.jobs - one.jobs)
    .slice(0, successBounds.groups)
    .map((row) => ({ id: row.id, name: row.name ?? '', ...toFigures(row) }));
}

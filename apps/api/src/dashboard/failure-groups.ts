import { dashboardBounds, type DashboardFailures, type FailureGroup } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { mine, type Period, startOfDay } from './period';

/** How the newest failed executions failed. */
@Injectable()
export class FailureGroups {
  constructor(private readonly database: DataSource) {}

  /** The newest of each state are the first entries of an index, and theirs are the only jobs that are read. */
  async list({ ownerId, days, timezone, now }: Period): Promise<DashboardFailures> {
    const rows = await this.database.query<GroupRow[]>(
      `WITH period AS MATERIALIZED (SELECT ${startOfDay('$3::integer - 1')} AS start),
       newest AS (
         SELECT execution.* FROM unnest('{failed,timed_out,lost,partial}'::text[]) AS asked(state) CROSS JOIN period
          CROSS JOIN LATERAL (
            SELECT id, event_id, event_name, owner_id, state, created_at FROM executions
             WHERE state = asked.state AND created_at >= period.start AND ${mine(ownerId)}
             ORDER BY created_at DESC, id DESC LIMIT $5) execution
          ORDER BY execution.created_at DESC, execution.id DESC LIMIT $5),
       caused AS (
         SELECT newest.*, job.code, job.message, job.exit_code, job.signal
           FROM newest LEFT JOIN LATERAL (
             SELECT error->>'code' AS code, error->>'message' AS message, exit_code, signal FROM jobs
              WHERE execution_id = newest.id AND state IN ('failed', 'timed_out', 'lost')
              ORDER BY position, attempt DESC LIMIT 1) job ON true),
       grouped AS (
         SELECT event_id, owner_id, state, code, exit_code, signal, count(*)::integer AS count, max(created_at) AS "lastAt",
                (array_agg(id ORDER BY created_at DESC, id DESC))[1] AS "lastExecutionId",
                (array_agg(event_name ORDER BY created_at DESC, id DESC))[1] AS "eventName",
                (array_agg(message ORDER BY created_at DESC, id DESC))[1] AS message
           FROM caused
          GROUP BY event_id, CASE WHEN event_id IS NULL THEN event_name END, owner_id, state, code, exit_code, signal
          ORDER BY count DESC, "lastAt" DESC LIMIT $6)
       SELECT grouped.event_id AS "eventId", grouped."eventName", json_build_object('id', owner.id, 'name', owner.name) AS owner,
              state, code, exit_code AS "exitCode", signal, message, count, "lastAt", "lastExecutionId",
              (SELECT count(*)::integer FROM newest) AS counted,
              (SELECT CASE WHEN count(*) < $5 THEN (SELECT start FROM period) ELSE min(created_at) END FROM newest) AS since
         FROM grouped JOIN users owner ON owner.id = grouped.owner_id
        ORDER BY count DESC, "lastAt" DESC`,
      [ownerId, timezone, days, now, dashboardBounds.failures, dashboardBounds.failureGroups],
    );
    const [first] = rows;
    return {
      counted: first?.counted ?? 0,
      since: (first?.since ?? now).toISOString(),
      groups: rows.map(({ counted: _counted, since: _since, lastAt, ...group }) => ({
        ...group,
        lastAt: lastAt.toISOString(),
      })),
    };
  }
}

type GroupRow = Omit<FailureGroup, 'lastAt'> & { lastAt: Date; counted: number; since: Date };

import { dashboardBounds, type DashboardSummary, type Schedule } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { describeSchedule } from '../scheduler/describe-schedule';
import { mine } from './period';

/** What there is now, and what comes next: of one owner, or, with null, of everybody. */
@Injectable()
export class Present {
  constructor(private readonly database: DataSource) {}

  async summary(ownerId: string | null): Promise<DashboardSummary> {
    const [events, running, count, queued, nextRuns] = await Promise.all([
      this.events(ownerId),
      this.running(ownerId),
      this.countOf(ownerId, ['starting', 'running']),
      this.countOf(ownerId, ['queued']),
      this.nextRuns(ownerId),
    ]);
    return { events, running: { count, items: running }, queued, nextRuns };
  }

  private async events(ownerId: string | null): Promise<DashboardSummary['events']> {
    const [counted] = await this.database.query<DashboardSummary['events'][]>(
      `SELECT count(*)::integer AS total, count(*) FILTER (WHERE next_run_at IS NOT NULL AND NOT paused)::integer AS scheduled,
              count(*) FILTER (WHERE paused)::integer AS paused
         FROM events WHERE ${mine(ownerId)}`,
      [ownerId],
    );
    return counted ?? { total: 0, scheduled: 0, paused: 0 };
  }

  private async running(ownerId: string | null): Promise<DashboardSummary['running']['items']> {
    const rows = await this.database.query<RunningRow[]>(
      `SELECT newest.* FROM unnest('{starting,running}'::text[]) AS asked(state) CROSS JOIN LATERAL (
         SELECT id, event_id AS "eventId", event_name AS "eventName", event_type AS "eventType", state, started_at AS "startedAt",
                created_at AS "createdAt"
           FROM executions WHERE state = asked.state AND ${mine(ownerId)} ORDER BY created_at DESC, id DESC LIMIT $2) newest
        ORDER BY newest."createdAt" DESC, newest.id DESC LIMIT $2`,
      [ownerId, dashboardBounds.running],
    );
    return rows.map((row) => ({
      ...row,
      startedAt: row.startedAt?.toISOString() ?? null,
      createdAt: row.createdAt.toISOString(),
    }));
  }

  /** As far as counting goes. */
  private async countOf(ownerId: string | null, states: readonly string[]): Promise<number> {
    const [row] = await this.database.query<{ count: number }[]>(
      `SELECT count(*)::integer AS count FROM (
         SELECT FROM executions WHERE state = ANY($2) AND ${mine(ownerId)} LIMIT ${dashboardBounds.queued}) counted`,
      [ownerId, states],
    );
    return row?.count ?? 0;
  }

  /** The nearest of each event. One that is due this moment is not over yet. */
  private async nextRuns(ownerId: string | null): Promise<DashboardSummary['nextRuns']> {
    const rows = await this.database.query<NextRunRow[]>(
      `SELECT event.id AS "eventId", event.name AS "eventName", event.type AS "eventType", event.schedule, event.next_open_run_at AS at,
              json_build_object('id', owner.id, 'name', owner.name) AS owner
         FROM (SELECT * FROM events WHERE next_open_run_at IS NOT NULL AND NOT paused AND ${mine(ownerId)}
                ORDER BY next_open_run_at, id LIMIT $2) event
         JOIN users owner ON owner.id = event.owner_id
        ORDER BY event.next_open_run_at, event.id`,
      [ownerId, dashboardBounds.nextRuns],
    );
    return rows.map(({ schedule, at, ...row }) => ({
      ...row,
      description: describeSchedule(schedule),
      at: at.toISOString(),
    }));
  }
}

type RunningRow = Omit<DashboardSummary['running']['items'][number], 'startedAt' | 'createdAt'> & {
  startedAt: Date | null;
  createdAt: Date;
};

type NextRunRow = Omit<DashboardSummary['nextRuns'][number], 'description' | 'at'> & {
  schedule: Schedule;
  at: Date;
};

import type {
  EnforcedResource,
  EnforcementAction,
  EnforcementKind,
  EnforcementQuery,
  JobEnforcement,
  Page,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { decodeCursor, toPage } from '../http/cursor';

/** What was done, and the figures that led to it. Units are the resource's. */
export interface EnforcedLimit {
  readonly kind: EnforcementKind;
  readonly resource: EnforcedResource;
  readonly used: number;
  readonly bound: number | null;
  readonly serverId: string | null;
  readonly jobId?: string;
}

/** The record of what was done because of a limit. */
@Injectable()
export class EnforcementActions {
  constructor(private readonly database: DataSource) {}

  /** Of a job each kind and resource once, however often it is told. What was deleted meanwhile is left out. */
  async record(
    actions: readonly EnforcedLimit[],
    manager: EntityManager = this.database.manager,
  ): Promise<void> {
    if (actions.length === 0) return;
    await manager.query(
      `INSERT INTO enforcement_actions (id, kind, resource, used, bound, server_id, job_id)
       SELECT row.id, kind, resource, used, bound, server.id, job.id
         FROM jsonb_to_recordset($1) AS row(id uuid, kind text, resource text, used bigint, bound bigint, "serverId" uuid, "jobId" uuid)
         LEFT JOIN servers server ON server.id = row."serverId"
         LEFT JOIN jobs job ON job.id = row."jobId"
        WHERE row."jobId" IS NULL OR job.id IS NOT NULL
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(actions.map((action) => ({ id: uuid(), ...action, used: Math.round(action.used) })))],
    );
  }

  /** Newest first. */
  async page({ serverId, jobId, kind, cursor, limit }: EnforcementQuery): Promise<Page<EnforcementAction>> {
    const after = decodeCursor(cursor);
    const rows = await this.database.query<ActionRow[]>(
      `SELECT action.id, action.at, action.kind, action.resource, action.used::float8 AS used, action.bound::float8 AS bound,
              CASE WHEN server.id IS NOT NULL THEN json_build_object('id', server.id, 'name', server.name) END AS server,
              CASE WHEN job.id IS NOT NULL
                THEN json_build_object('id', job.id, 'executionId', job.execution_id, 'eventName', execution.event_name) END AS job
         FROM enforcement_actions action
         LEFT JOIN servers server ON server.id = action.server_id
         LEFT JOIN jobs job ON job.id = action.job_id
         LEFT JOIN executions execution ON execution.id = job.execution_id
        WHERE ($1::uuid IS NULL OR action.server_id = $1) AND ($2::uuid IS NULL OR action.job_id = $2)
          AND ($3::text IS NULL OR action.kind = $3)
          AND ($4::timestamptz IS NULL OR (action.at, action.id) < ($4, $5::uuid))
        ORDER BY action.at DESC, action.id DESC LIMIT $6`,
      [serverId ?? null, jobId ?? null, kind ?? null, after?.at ?? null, after?.id ?? null, limit + 1],
    );
    const page = toPage(rows, limit, ({ at, id }) => ({ at, id }));
    return { ...page, items: page.items.map((row) => ({ ...row, at: row.at.toISOString() })) };
  }

  /** Of one job, oldest first: at most one of each kind and resource. */
  async ofJob(jobId: string): Promise<JobEnforcement[]> {
    const rows = await this.database.query<(Omit<JobEnforcement, 'at'> & { at: Date })[]>(
      `SELECT at, kind, resource, used::float8 AS used, bound::float8 AS bound
         FROM enforcement_actions WHERE job_id = $1 ORDER BY at, id`,
      [jobId],
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }
}

interface ActionRow extends Omit<EnforcementAction, 'at'> {
  readonly at: Date;
}

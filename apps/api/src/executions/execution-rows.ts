import type { EventType, JobError, TargetStrategy, Trigger } from '@cronium/contracts';
import type { ServerType } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

/** A new row of executions. */
export interface ExecutionRow {
  readonly id: string;
  readonly eventId: string;
  readonly eventVersionId: string;
  readonly eventName: string;
  readonly eventType: EventType;
  readonly ownerId: string;
  readonly targetStrategy: TargetStrategy;
  readonly failoverServers: readonly string[];
  /** One that is skipped has ended. */
  readonly state: string;
  readonly error: JobError | null;
  readonly trigger: Trigger;
  readonly triggeredBy: string | null;
  readonly plannedAt: Date | null;
  readonly dueAt: Date | null;
  /** As JSON; null for none. */
  readonly input: string | null;
  readonly idempotencyKey: string | null;
  readonly mayBeJoined: boolean;
  /** Where it stands in a trace (W3C Trace Context). */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/** A new row of jobs: the first attempt on a server. */
export interface JobRow {
  readonly id: string;
  readonly executionId: string;
  readonly ownerId: string;
  readonly eventId: string;
  readonly precedence: number;
  readonly serverId: string;
  readonly serverName: string;
  readonly serverType: ServerType;
  readonly position: number;
  /** It is not admitted earlier; 0 for at once. */
  readonly waitSeconds: number;
}

/** Inserts executions with their jobs: one statement, however many. */
@Injectable()
export class ExecutionRows {
  /** @throws a unique violation when an event has an idempotency key already; then nothing is inserted */
  async insert(
    transaction: EntityManager,
    executions: readonly ExecutionRow[],
    jobs: readonly JobRow[],
  ): Promise<void> {
    await transaction.query(
      `WITH execution AS (
         INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, target_strategy, failover_servers, state,
                                 ended_at, error, trigger, triggered_by, planned_at, due_at, input, idempotency_key, may_be_joined,
                                 traceparent, tracestate)
         SELECT id, "eventId", "eventVersionId", "eventName", "eventType", "ownerId", "targetStrategy", "failoverServers", state,
                CASE WHEN state = 'skipped' THEN now() END, error, trigger, "triggeredBy", "plannedAt", "dueAt", input::jsonb,
                "idempotencyKey", "mayBeJoined", traceparent, tracestate
           FROM jsonb_to_recordset($1) AS row(
             id uuid, "eventId" uuid, "eventVersionId" uuid, "eventName" text, "eventType" text, "ownerId" uuid, "targetStrategy" text,
             "failoverServers" uuid[], state text, error jsonb, trigger text, "triggeredBy" uuid, "plannedAt" timestamptz,
             "dueAt" timestamptz, input text, "idempotencyKey" text, "mayBeJoined" boolean, traceparent text,
             tracestate text))
       INSERT INTO jobs (id, execution_id, owner_id, event_id, precedence, server_id, server_name, server_type, position, state, not_before)
       SELECT id, "executionId", "ownerId", "eventId", precedence, "serverId", "serverName", "serverType", position, 'queued',
              CASE WHEN "waitSeconds" > 0 THEN now() + make_interval(secs => "waitSeconds") END
         FROM jsonb_to_recordset($2) AS row(
           id uuid, "executionId" uuid, "ownerId" uuid, "eventId" uuid, precedence smallint, "serverId" uuid, "serverName" text,
           "serverType" text, position integer, "waitSeconds" float8)`,
      [JSON.stringify(executions), JSON.stringify(jobs)],
    );
  }
}

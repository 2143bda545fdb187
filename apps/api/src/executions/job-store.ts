import type {
  LocalExecutionAccess,
  ServerBroker,
  ShareLevel,
  UserRole,
  WhenUnhealthy,
} from '@cronium/contracts';
import { type ScriptHandle, ScriptTakenOverError } from '@cronium/execution';
import type { HealthStatus, HostKey, ResourceLimitOverrides, ServerType } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { mayUseServer } from '../auth/policy';
import { Batcher } from '../batcher';
import { isDatabaseGone } from '../database/database-gone';
import { Notifications } from '../database/notifications';
import { Processes } from '../database/processes';
import type { StoredEnvironmentEntry } from '../events/stored-environment';
import { ServerHealth } from '../servers/server-health';
import { parseTraceContext, type TraceContext } from '../tracing/trace-context';

/** A job with all that a worker needs to run it. */
export interface ClaimedJob {
  readonly id: string;
  readonly executionId: string;
  readonly attempt: number;
  /** Somebody wanted it to end before this process had it. */
  readonly isCancelRequested: boolean;
  readonly handle: ScriptHandle | null;
  readonly logEntries: number;
  readonly logFrame: number;
  readonly input: unknown;
  readonly trigger: string;
  /** From when it waited for its place, when it got that, and when a schedule meant it, if one did. */
  readonly times: {
    readonly waitFrom: Date;
    readonly admittedAt: Date;
    readonly startingAt: Date;
    readonly dueAt: Date | null;
  };
  /** Where its execution stands in a trace; null when it is in none. */
  readonly trace: TraceContext | null;
  /** The attempt before this one; null for the first. */
  readonly previousJobId: string | null;
  readonly event: {
    /** Null when the event was deleted since. */
    readonly id: string | null;
    readonly name: string;
    readonly type: 'BASH' | 'PYTHON' | 'NODEJS';
    readonly content: string;
    readonly timeoutSeconds: number;
    readonly setupTimeoutSeconds: number;
    readonly cleanupTimeoutSeconds: number;
    readonly environment: readonly StoredEnvironmentEntry[];
    readonly limits: ResourceLimitOverrides;
    readonly version: number;
  };
  readonly server: {
    readonly id: string;
    readonly name: string;
    readonly type: ServerType;
    readonly containerConfig: unknown;
    readonly broker: ServerBroker | null;
    readonly brokerCredentials: string | null;
    readonly sshConfig: unknown;
    readonly sshCredentials: string | null;
    readonly hostKey: HostKey | null;
    /** Whether the owner of the execution may use the server now. */
    readonly mayBeUsed: boolean;
    readonly whenUnhealthy: WhenUnhealthy;
    /** What the last check, or a job, found wrong with it; null when it was well, or was never checked. */
    readonly fault: ServerFault | null;
  };
  /** Whether there is another server to go on to when this one fails. */
  readonly hasNextServer: boolean;
}

/** Why a server cannot run jobs. */
export interface ServerFault {
  readonly code: string;
  readonly message: string;
  /** Found so lately that another try would only find the same. */
  readonly isFresh: boolean;
}

/** What becomes of a job's row until its end; job-ends.ts has the rest. Writes of a process that has lost the job are refused. */
@Injectable()
export class JobStore {
  private readonly claims = new Batcher((ids: readonly string[]) => this.claimAll(ids), isDatabaseGone);
  private readonly handles = new Batcher(
    (handles: readonly StoredHandle[]) => this.saveHandles(handles),
    isDatabaseGone,
  );
  private readonly starts = new Batcher(
    (jobs: readonly StartedJob[]) => this.markAllStarted(jobs),
    isDatabaseGone,
  );

  constructor(
    private readonly database: DataSource,
    private readonly health: ServerHealth,
    private readonly processes: Processes,
    private readonly notifications: Notifications,
  ) {}

  /** Takes a delivered job for this process: from here on no other may write what becomes of it. Null when it has ended, or its server is gone: nothing is left to do. */
  claim(jobId: string): Promise<ClaimedJob | null> {
    return this.claims.add(jobId);
  }

  /** Whether this process has the job, which has not ended. */
  async isMine(jobId: string): Promise<boolean> {
    const mine = await this.database.query<unknown[]>(
      `SELECT 1 FROM jobs WHERE id = $1 AND worker_id = $2 AND state IN ('starting', 'running')`,
      [jobId, this.processes.id],
    );
    return mine.length > 0;
  }

  /** A job that was delivered to this process, which runs it already. */
  async keep(jobId: string): Promise<void> {
    await this.database.query(
      `UPDATE jobs SET worker_id = $2 WHERE id = $1 AND state IN ('starting', 'running')`,
      [jobId, this.processes.id],
    );
  }

  /** @throws when the job is not this worker's to start any more: it has ended, or waits, by the hand of another */
  async saveHandle(jobId: string, handle: ScriptHandle): Promise<void> {
    if (await this.handles.add({ jobId, handle })) return;
    throw new Error(`Job ${jobId} was taken away before its script was started.`);
  }

  /** Whose script was certainly not started: it may be started anew. False when the job is not this process's any more. */
  async forgetHandle(jobId: string): Promise<boolean> {
    const [, changed] = await this.database.query<[unknown[], number]>(
      `UPDATE jobs SET handle = NULL WHERE id = $1 AND worker_id = $2 AND state = 'starting'`,
      [jobId, this.processes.id],
    );
    return changed > 0;
  }

  markStarted({ id: jobId }: Pick<ClaimedJob, 'id'>, startedAt: Date): Promise<void> {
    return this.starts.add({ jobId, startedAt });
  }

  async saveOutput(jobId: string, output: unknown): Promise<void> {
    const [, changed] = await this.database.query<[unknown[], number]>(
      'UPDATE jobs SET output = $2 WHERE id = $1 AND worker_id = $3',
      [jobId, JSON.stringify(output), this.processes.id],
    );
    if (changed === 0) throw new ScriptTakenOverError();
  }

  /**
   * Which of these jobs someone asked to cancel, and which another process has, or had until their end: for a worker that may have missed it. Of
   * an end that is on record for a moment this worker may be about to hear.
   */
  async leaveAlone(jobIds: readonly string[]): Promise<{ id: string; isTaken: boolean }[]> {
    return this.database.query(
      `SELECT * FROM (
         SELECT id, cancel_requested_at IS NOT NULL AS "isCancelled",
                worker_id IS DISTINCT FROM $2 AND (state IN ('starting', 'running') OR ended_at < now() - interval '5 s') AS "isTaken"
           FROM jobs WHERE id = ANY($1)) job
        WHERE "isCancelled" OR "isTaken"`,
      [jobIds, this.processes.id],
    );
  }

  /** Need not be on the disk before the handle is, and that statement waits for both: until then nothing of the script exists. */
  private async claimAll(jobIds: readonly string[]): Promise<(ClaimedJob | null)[]> {
    const [rows] = await this.database.query<[ClaimedRow[], number]>(
      `UPDATE jobs job
          SET state = CASE job.state WHEN 'queued' THEN 'starting' ELSE job.state END,
              starting_at = coalesce(job.starting_at, now()), worker_id = $2,
              waiting_for = NULL, waiting_since = NULL, wait_until = NULL
         FROM executions execution
         JOIN event_versions version ON version.id = execution.event_version_id
         JOIN users owner ON owner.id = execution.owner_id,
              servers server, system_settings setting
        WHERE job.id = ANY($1) AND job.state IN ('queued', 'starting', 'running')
          AND execution.id = job.execution_id AND server.id = job.server_id
          AND setting.key = 'local_execution_access'
       RETURNING job.id, job.execution_id, job.attempt, job.cancel_requested_at IS NOT NULL AS is_cancel_requested, job.handle, job.log_entries, job.log_frame,
                 greatest(job.queued_at, job.not_before) AS wait_from, job.admitted_at, job.starting_at, execution.due_at, execution.traceparent, execution.tracestate,
                 CASE WHEN job.attempt > 1 THEN (
                   SELECT previous.id FROM jobs previous
                    WHERE previous.execution_id = job.execution_id AND previous.position = job.position AND previous.attempt = job.attempt - 1
                    LIMIT 1) END AS previous_job_id,
                 execution.input, execution.trigger, execution.event_id, execution.event_name,
                 version.type, version.content, version.timeout_seconds, version.setup_timeout_seconds, version.cleanup_timeout_seconds, version.environment, version.limits,
                 version.version, server.id AS server_id, server.name AS server_name, server.type AS server_type,
                 server.container_config, server.broker, server.broker_credentials, server.ssh_config, server.ssh_credentials, server.host_key, server.owner_id AS server_owner_id, server.is_system_managed,
                 server.when_unhealthy, execution.failover_servers <> '{}' AS has_next_server,
                 owner.id AS owner_id, owner.role AS owner_role, owner.status AS owner_status, setting.value AS local_access,
                 (SELECT level FROM server_shares share
                   WHERE share.server_id = server.id AND share.user_id = owner.id) AS share,
                 set_config('synchronous_commit', 'off', true)`,
      [jobIds, this.processes.id],
    );
    const claimed = new Map(rows.map((row) => [row.id, toClaimedJob(row, this.health.last(row.server_id))]));
    return jobIds.map((id) => claimed.get(id) ?? null);
  }

  /** Whether each is stored. */
  private async saveHandles(handles: readonly StoredHandle[]): Promise<boolean[]> {
    const [rows] = await this.database.query<[{ id: string }[], number]>(
      `UPDATE jobs job SET handle = given.handle
         FROM unnest($1::uuid[], $2::jsonb[]) AS given(id, handle)
        WHERE job.id = given.id AND worker_id = $3 AND state IN ('starting', 'running') RETURNING job.id`,
      [
        handles.map(({ jobId }) => jobId),
        handles.map(({ handle }) => JSON.stringify(handle)),
        this.processes.id,
      ],
    );
    const stored = new Set(rows.map(({ id }) => id));
    return handles.map(({ jobId }) => stored.has(jobId));
  }

  private async markAllStarted(jobs: readonly StartedJob[]): Promise<void[]> {
    const moved = await this.database.query<{ jobId: string; executionId: string }[]>(
      `WITH started AS (
         UPDATE jobs job SET state = 'running', started_at = given.started_at
           FROM unnest($1::uuid[], $2::timestamptz[]) AS given(id, started_at)
          WHERE job.id = given.id AND job.state = 'starting' RETURNING job.id, execution_id, job.started_at),
       moved AS (
         UPDATE executions execution SET state = 'running', started_at = coalesce(execution.started_at, first.at)
           FROM (SELECT execution_id AS id, min(started_at) AS at FROM started GROUP BY execution_id) first
          WHERE execution.id = first.id)
       SELECT id AS "jobId", execution_id AS "executionId" FROM started`,
      [jobs.map(({ jobId }) => jobId), jobs.map(({ startedAt }) => startedAt)],
    );
    for (const job of moved)
      await this.notifications.publish(this.database.manager, { kind: 'job.started', ...job });
    return jobs.map(() => undefined);
  }
}

interface StoredHandle {
  readonly jobId: string;
  readonly handle: ScriptHandle;
}

interface StartedJob {
  readonly jobId: string;
  readonly startedAt: Date;
}

interface ClaimedRow {
  id: string;
  execution_id: string;
  attempt: number;
  is_cancel_requested: boolean;
  handle: ScriptHandle | null;
  log_entries: number;
  log_frame: string;
  wait_from: Date;
  admitted_at: Date | null;
  starting_at: Date;
  traceparent: string | null;
  tracestate: string | null;
  previous_job_id: string | null;
  due_at: Date | null;
  input: unknown;
  trigger: string;
  event_id: string | null;
  event_name: string;
  type: ClaimedJob['event']['type'];
  content: string;
  timeout_seconds: number;
  setup_timeout_seconds: number;
  cleanup_timeout_seconds: number;
  environment: StoredEnvironmentEntry[];
  limits: ResourceLimitOverrides;
  version: number;
  server_id: string;
  server_name: string;
  server_type: ServerType;
  container_config: unknown;
  broker: ServerBroker | null;
  broker_credentials: string | null;
  ssh_config: unknown;
  ssh_credentials: string | null;
  host_key: HostKey | null;
  server_owner_id: string | null;
  is_system_managed: boolean;
  owner_id: string;
  owner_role: UserRole;
  owner_status: string;
  local_access: LocalExecutionAccess;
  share: ShareLevel | null;
  when_unhealthy: WhenUnhealthy;
  has_next_server: boolean;
}

function mayBeUsed(row: ClaimedRow): boolean {
  const server = { isSystemManaged: row.is_system_managed, ownerId: row.server_owner_id, share: row.share };
  const owner = { id: row.owner_id, role: row.owner_role };
  return row.owner_status === 'ACTIVE' && mayUseServer(owner, server, row.local_access);
}

/** A fault is fresh for this long. */
const freshMilliseconds = 15_000;

function faultOf(health: HealthStatus | null): ServerFault | null {
  if (!health?.reason) return null;
  return { ...health.reason, isFresh: Date.now() - Date.parse(health.checkedAt) < freshMilliseconds };
}

function toClaimedJob(row: ClaimedRow, health: HealthStatus | null): ClaimedJob {
  return {
    id: row.id,
    executionId: row.execution_id,
    attempt: row.attempt,
    isCancelRequested: row.is_cancel_requested,
    handle: row.handle,
    logEntries: row.log_entries,
    logFrame: Number(row.log_frame),
    input: row.input,
    trigger: row.trigger,
    times: {
      waitFrom: row.wait_from,
      admittedAt: row.admitted_at ?? row.wait_from,
      startingAt: row.starting_at,
      dueAt: row.due_at,
    },
    trace: parseTraceContext(row.traceparent, row.tracestate),
    previousJobId: row.previous_job_id,
    event: {
      id: row.event_id,
      name: row.event_name,
      type: row.type,
      content: row.content,
      timeoutSeconds: row.timeout_seconds,
      setupTimeoutSeconds: row.setup_timeout_seconds,
      cleanupTimeoutSeconds: row.cleanup_timeout_seconds,
      environment: row.environment,
      limits: row.limits,
      version: row.version,
    },
    server: {
      id: row.server_id,
      name: row.server_name,
      type: row.server_type,
      containerConfig: row.container_config,
      broker: row.broker,
      brokerCredentials: row.broker_credentials,
      sshConfig: row.ssh_config,
      sshCredentials: row.ssh_credentials,
      hostKey: row.host_key,
      mayBeUsed: mayBeUsed(row),
      whenUnhealthy: row.when_unhealthy,
      fault: faultOf(health),
    },
    hasNextServer: row.has_next_server,
  };
}

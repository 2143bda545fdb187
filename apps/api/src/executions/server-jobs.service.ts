import { maxServerJobs, type ServerJob, type ServerJobs } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type Caller, mayManageServer } from '../auth/policy';
import { ServersService } from '../servers/servers.service';
import { toWaitingFor } from './execution.mapper';
import type { Job } from './job.entity';

/** What runs on a server now, and what is to run there: facts of others’ jobs, never their output. */
@Injectable()
export class ServerJobsService {
  constructor(
    private readonly database: DataSource,
    private readonly servers: ServersService,
  ) {}

  /** Everybody's jobs for those who may manage the server, own ones for those who may use it. */
  async list(caller: Caller, serverId: string): Promise<ServerJobs> {
    const { access } = await this.servers.visible(caller, serverId);
    const ownerId = mayManageServer(caller, access) ? null : caller.id;
    const rows = await this.database.query<JobRow[]>(
      `SELECT job.id, job.execution_id AS "executionId", execution.event_name AS "eventName", job.state,
              json_build_object('id', owner.id, 'name', owner.name) AS owner,
              job.queued_at AS "queuedAt", job.started_at AS "startedAt", job.waiting_for AS "waitingFor",
              job.waiting_since AS "waitingSince", job.wait_until AS "waitUntil", count(*) OVER ()::int AS count
         FROM jobs job
         JOIN executions execution ON execution.id = job.execution_id
         JOIN users owner ON owner.id = execution.owner_id
        WHERE job.server_id = $1 AND job.state IN ('queued', 'starting', 'running')
          AND execution.owner_id = coalesce($2, execution.owner_id)
        ORDER BY job.state = 'queued', job.queued_at, job.id LIMIT ${maxServerJobs}`,
      [serverId, ownerId],
    );
    return { count: rows[0]?.count ?? 0, items: rows.map(toServerJob) };
  }
}

type JobRow = Pick<ServerJob, 'id' | 'executionId' | 'eventName' | 'state' | 'owner'> &
  Pick<Job, 'queuedAt' | 'startedAt' | 'waitingFor' | 'waitingSince' | 'waitUntil'> & {
    readonly count: number;
  };

function toServerJob(row: JobRow): ServerJob {
  const { id, executionId, eventName, owner, state } = row;
  return {
    ...{ id, executionId, eventName, owner, state },
    queuedAt: row.queuedAt.toISOString(),
    startedAt: row.startedAt && row.startedAt.toISOString(),
    waitingFor: toWaitingFor(row),
  };
}

import type { Page, QueuedJob, QueueQuery, Priority } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type Caller, ownerFilter } from '../auth/policy';
import { decodeCursor, toPage } from '../http/cursor';
import { precedenceOf } from './admission/precedence';
import { TurnsRepository } from './admission/turns.repository';
import { toWaitingFor } from './execution.mapper';
import type { Job } from './job.entity';

/** What waits, and why. */
@Injectable()
export class QueueService {
  constructor(
    private readonly database: DataSource,
    private readonly turns: TurnsRepository,
  ) {}

  /** Jobs of the caller's executions, everybody's for administrators; the longest queued first. */
  async list(caller: Caller, { serverId, eventId, cursor, limit }: QueueQuery): Promise<Page<QueuedJob>> {
    const after = decodeCursor(cursor);
    const rows = await this.database.query<QueuedRow[]>(
      `SELECT job.id, job.execution_id AS "executionId", job.event_id AS "eventId", execution.event_name AS "eventName",
              json_build_object('id', owner.id, 'name', owner.name) AS owner,
              json_build_object('id', server.id, 'name', server.name) AS server,
              job.attempt, job.precedence, job.queued_at AS "queuedAt", job.waiting_for AS "waitingFor",
              job.waiting_since AS "waitingSince", job.wait_until AS "waitUntil"
         FROM jobs job
         JOIN executions execution ON execution.id = job.execution_id
         JOIN users owner ON owner.id = job.owner_id
         JOIN servers server ON server.id = job.server_id
        WHERE job.state = 'queued'
          AND ($1::uuid IS NULL OR job.owner_id = $1) AND ($2::uuid IS NULL OR job.server_id = $2)
          AND ($3::uuid IS NULL OR job.event_id = $3)
          AND ($4::timestamptz IS NULL OR (job.queued_at, job.id) > ($4, $5::uuid))
        ORDER BY job.queued_at, job.id LIMIT $6`,
      [ownerFilter(caller) ?? null, serverId, eventId, after?.at, after?.id, limit + 1],
    );
    const page = toPage(rows, limit, ({ queuedAt, id }) => ({ at: queuedAt, id }));
    const turns = await this.turns.of(page.items.map(({ id }) => id));
    return { ...page, items: page.items.map((row) => toQueuedJob(row, turns.get(row.id) ?? null)) };
  }
}

type QueuedRow = Omit<QueuedJob, 'queuedAt' | 'queue' | 'waitingFor' | 'priority'> &
  Pick<Job, 'queuedAt' | 'precedence' | 'waitingFor' | 'waitingSince' | 'waitUntil'>;

function toQueuedJob(row: QueuedRow, queue: QueuedJob['queue']): QueuedJob {
  const { id, executionId, eventId, eventName, owner, server, attempt } = row;
  return {
    ...{ id, executionId, eventId, eventName, owner, server, attempt, queue },
    priority: priorityOf(row.precedence),
    queuedAt: row.queuedAt.toISOString(),
    waitingFor: toWaitingFor(row),
  };
}

function priorityOf(precedence: number): Priority | null {
  const priorities = Object.keys(precedenceOf) as Priority[];
  return priorities.find((priority) => precedenceOf[priority] === precedence) ?? null;
}

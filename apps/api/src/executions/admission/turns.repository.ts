import type { QueueReason, QueueTurn } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { begunPrecedence } from './precedence';

/** Where queued jobs stand, by what the tables say now. */
@Injectable()
export class TurnsRepository {
  constructor(private readonly database: DataSource) {}

  /** By the job's id; of those that are queued and do not wait for their server to be back. */
  async of(jobIds: readonly string[]): Promise<ReadonlyMap<string, QueueTurn>> {
    if (jobIds.length === 0) return new Map();
    const rows = await this.database.query<TurnRow[]>(
      `WITH asked AS (
         SELECT * FROM jobs WHERE id = ANY($1) AND state = 'queued' AND waiting_since IS NULL),
       queue AS (
         SELECT id, server_id, owner_id, precedence FROM jobs
          WHERE server_id IN (SELECT server_id FROM asked)
            AND state = 'queued' AND admitted_at IS NULL AND waiting_since IS NULL
            AND (not_before IS NULL OR not_before <= now())),
       owner AS (
         SELECT server_id, owner_id,
                (SELECT count(*) FROM jobs WHERE server_id = waiting.server_id AND owner_id = waiting.owner_id
                    AND admitted_at IS NOT NULL AND ended_at IS NULL) AS places,
                (SELECT max(admitted_at) FROM jobs WHERE server_id = waiting.server_id AND owner_id = waiting.owner_id
                    AND admitted_at IS NOT NULL) AS last_at
           FROM (SELECT DISTINCT server_id, owner_id FROM queue) waiting),
       -- As admission would give places if nothing but the server's were limited.
       turn AS (
         SELECT id, row_number() OVER (PARTITION BY server_id ORDER BY places + own, last_at NULLS FIRST, id)::int AS position
           FROM (SELECT id, server_id, owner_id,
                        row_number() OVER (PARTITION BY server_id, owner_id ORDER BY precedence DESC, id) AS own
                   FROM queue) waiting JOIN owner USING (server_id, owner_id))
       SELECT asked.id, asked.not_before AS "notBefore", turn.position, server.name AS "serverName", took.seconds,
              asked.admitted_at IS NOT NULL AS "isAdmitted",
              coalesce(asked.not_before > now(), false) AS "isDelayed",
              asked.precedence <> ${begunPrecedence}
                AND coalesce(event.max_concurrent_executions, CASE WHEN event.overlap_policy <> 'allow' THEN 1 END)
                    <= (SELECT count(DISTINCT execution_id) FROM jobs WHERE event_id = event.id
                           AND precedence = ${begunPrecedence} AND ended_at IS NULL) AS "isEventBusy",
              jsonb_typeof(setting.value) = 'number' AND setting.value::int
                <= (SELECT count(*) FROM jobs WHERE owner_id = asked.owner_id
                       AND admitted_at IS NOT NULL AND ended_at IS NULL) AS "isOwnerBusy",
              greatest(1, (SELECT count(*) FROM jobs WHERE server_id = server.id
                              AND admitted_at IS NOT NULL AND ended_at IS NULL)) AS places
         FROM asked
         JOIN servers server ON server.id = asked.server_id
         JOIN system_settings setting ON setting.key = 'max_concurrent_jobs_per_user'
         LEFT JOIN turn ON turn.id = asked.id
         LEFT JOIN events event ON event.id = asked.event_id
         LEFT JOIN LATERAL (
           SELECT avg(extract(epoch FROM ended_at - starting_at))::float8 AS seconds
             FROM (SELECT starting_at, ended_at FROM jobs
                    WHERE server_id = server.id AND starting_at IS NOT NULL AND ended_at IS NOT NULL
                    ORDER BY queued_at DESC LIMIT 50) last) took ON true`,
      [jobIds],
    );
    return new Map(rows.map((row) => [row.id, toTurn(row)]));
  }
}

interface TurnRow {
  readonly id: string;
  readonly notBefore: Date | null;
  readonly position: number | null;
  readonly serverName: string;
  readonly isAdmitted: boolean;
  readonly isDelayed: boolean;
  readonly isEventBusy: boolean | null;
  readonly isOwnerBusy: boolean | null;
  /** Jobs that hold a place of the server now. */
  readonly places: string;
  /** What a job of the server took lately; null when there was none. */
  readonly seconds: number | null;
}

function toTurn(row: TurnRow): QueueTurn {
  const reason = reasonOf(row);
  const { position, seconds } = row;
  return {
    reason,
    message: messageOf(reason, row),
    position,
    expectedWaitSeconds:
      position === null || seconds === null
        ? null
        : Math.round(((position * seconds) / Number(row.places)) * 10) / 10,
    notBefore: reason === 'delayed' && row.notBefore ? row.notBefore.toISOString() : null,
  };
}

function reasonOf(row: TurnRow): QueueReason {
  if (row.isAdmitted) return 'worker_busy';
  if (row.isDelayed) return 'delayed';
  if (row.isEventBusy) return 'event_busy';
  if (row.isOwnerBusy) return 'owner_busy';
  return 'server_busy';
}

function messageOf(reason: QueueReason, { serverName, notBefore }: TurnRow): string {
  switch (reason) {
    case 'worker_busy':
      return 'It starts as soon as a worker is free.';
    case 'delayed':
      return `It is not to start before ${notBefore?.toISOString() ?? ''}.`;
    case 'event_busy':
      return 'As many executions of its event are under way as may be at one time.';
    case 'owner_busy':
      return 'Its owner has as many jobs under way as one may have at one time.';
    case 'server_busy':
      return `It waits for a place on “${serverName}”.`;
  }
}

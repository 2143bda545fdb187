import { containerConfigSchema, sshConfigSchema } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { Allowances, Candidate, Room } from './choose-jobs';
import { begunPrecedence } from './precedence';

/** What may get a place, and how many places there are. */
export interface Situation {
  readonly rooms: readonly Room[];
  readonly allowances: Allowances;
}

export interface AdmittedJob {
  readonly id: string;
  readonly executionId: string;
}

/** Of all processes one decides at a time: the number of the advisory lock, any that nothing else uses. */
const lockKey = 4_271_001;

/** As the predicate of the index `jobs_unadmitted`. */
const unadmitted = `state = 'queued' AND admitted_at IS NULL AND waiting_since IS NULL`;
const candidate = `${unadmitted} AND (not_before IS NULL OR not_before <= now())`;

/** The statements of admission. */
@Injectable()
export class AdmissionRepository {
  constructor(private readonly database: DataSource) {}

  /** Whether there is something to decide, and until it is due when not: milliseconds, null when nothing waits. */
  async outlook(): Promise<{ isDue: boolean; dueInMilliseconds: number | null }> {
    const [row] = await this.database.query<{ isDue: boolean; dueIn: number | null }[]>(
      `SELECT EXISTS (SELECT 1 FROM jobs WHERE ${candidate}) AS "isDue",
              (SELECT extract(epoch FROM min(not_before) - now())::float8 * 1000 FROM jobs
                WHERE ${unadmitted} AND not_before > now()) AS "dueIn"`,
    );
    return { isDue: row?.isDue ?? false, dueInMilliseconds: row?.dueIn ?? null };
  }

  /** Waits until no other transaction decides. */
  async lock(transaction: EntityManager): Promise<void> {
    await transaction.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
  }

  /** True when nobody else decides: then this transaction may, until its end. Never waits. */
  async tryLock(transaction: EntityManager): Promise<boolean> {
    const [row] = await transaction.query<{ mine: boolean }[]>(
      'SELECT pg_try_advisory_xact_lock($1) AS mine',
      [lockKey],
    );
    return row?.mine ?? false;
  }

  /** As it is now, for the holder of the lock. */
  async situation(transaction: EntityManager): Promise<Situation> {
    const rows = await transaction.query<LaneRow[]>(
      `WITH RECURSIVE setting AS (
         SELECT CASE WHEN jsonb_typeof(value) = 'number' THEN value::int END AS jobs_of_owner
           FROM system_settings WHERE key = 'max_concurrent_jobs_per_user'),
       room AS (
         SELECT server.id,
                coalesce((coalesce(server.container_config, server.ssh_config) ->> 'maxConcurrentJobs')::int,
                         CASE server.type WHEN 'container' THEN ${containerDefault} ELSE ${sshDefault} END)
                - (SELECT count(*)::int FROM jobs
                    WHERE server_id = server.id AND admitted_at IS NOT NULL AND ended_at IS NULL) AS places
           FROM servers server
          WHERE EXISTS (SELECT 1 FROM jobs WHERE server_id = server.id AND ${candidate})),
       -- Each event of each owner that waits for a place there, found by skipping through the index.
       lane AS (
         SELECT room.id AS server_id, room.places, head.owner_id, head.event_id
           FROM room CROSS JOIN LATERAL (
             SELECT owner_id, event_id FROM jobs WHERE server_id = room.id AND ${unadmitted}
              ORDER BY owner_id, event_id LIMIT 1) head
          WHERE room.places > 0 AND NOT EXISTS (SELECT 1 FROM server_health WHERE server_id = room.id AND pressure IS NOT NULL)
         UNION ALL
         SELECT lane.server_id, lane.places, head.owner_id, head.event_id
           FROM lane CROSS JOIN LATERAL (
             SELECT owner_id, event_id FROM jobs WHERE server_id = lane.server_id AND ${unadmitted}
                AND (owner_id, event_id) > (lane.owner_id, lane.event_id)
              ORDER BY owner_id, event_id LIMIT 1) head)
       SELECT lane.server_id, lane.places, lane.owner_id, lane.event_id, waiting.candidates,
              (SELECT count(*)::int FROM jobs WHERE server_id = lane.server_id AND owner_id = lane.owner_id
                  AND admitted_at IS NOT NULL AND ended_at IS NULL) AS owner_places,
              (SELECT max(admitted_at) FROM jobs WHERE server_id = lane.server_id AND owner_id = lane.owner_id
                  AND admitted_at IS NOT NULL) AS owner_last_at,
              setting.jobs_of_owner - (SELECT count(*)::int FROM jobs WHERE owner_id = lane.owner_id
                  AND admitted_at IS NOT NULL AND ended_at IS NULL) AS owner_left,
              coalesce(event.max_concurrent_executions, CASE WHEN event.overlap_policy <> 'allow' THEN 1 END)
                - (SELECT count(DISTINCT execution_id)::int FROM jobs WHERE event_id = lane.event_id
                      AND precedence = ${begunPrecedence} AND ended_at IS NULL) AS event_left
         FROM lane CROSS JOIN setting
         LEFT JOIN events event ON event.id = lane.event_id
         CROSS JOIN LATERAL (
           SELECT json_agg(head) AS candidates FROM (
             SELECT id, execution_id AS "executionId", precedence FROM jobs
              WHERE server_id = lane.server_id AND owner_id = lane.owner_id AND event_id = lane.event_id AND ${candidate}
              ORDER BY precedence DESC, id LIMIT lane.places) head) waiting
        WHERE waiting.candidates IS NOT NULL`,
      // No values: planned once a connection, which costs many times what it takes.
      [],
    );
    return toSituation(rows);
  }

  /** Gives these jobs their places. Those that a transaction is about to end are left to it. */
  async admit(transaction: EntityManager, jobIds: readonly string[]): Promise<AdmittedJob[]> {
    const [rows] = await transaction.query<[(AdmittedJob & { isAdmitted: boolean })[], number]>(
      `WITH mine AS (
         SELECT id, execution_id FROM jobs
          WHERE execution_id IN (SELECT execution_id FROM jobs WHERE id = ANY($1)) AND state = 'queued'
          ORDER BY id FOR UPDATE SKIP LOCKED)
       UPDATE jobs job
          SET precedence = ${begunPrecedence}, admitted_at = CASE WHEN job.id = ANY($1) THEN now() ELSE job.admitted_at END
         FROM mine
        WHERE job.id = mine.id AND mine.execution_id IN (SELECT execution_id FROM mine WHERE id = ANY($1))
       RETURNING job.id, job.execution_id AS "executionId", job.id = ANY($1) AS "isAdmitted"`,
      [jobIds],
    );
    return rows.filter(({ isAdmitted }) => isAdmitted);
  }
}

const containerDefault = containerConfigSchema.parse({}).maxConcurrentJobs;
const sshDefault = sshConfigSchema.shape.maxConcurrentJobs.parse(undefined);

interface LaneRow {
  readonly server_id: string;
  readonly places: number;
  readonly owner_id: string;
  readonly event_id: string;
  readonly candidates: readonly Candidate[];
  readonly owner_places: number;
  readonly owner_last_at: Date | null;
  /** Null without a maximum. */
  readonly owner_left: number | null;
  readonly event_left: number | null;
}

function toSituation(rows: readonly LaneRow[]): Situation {
  const owners = new Map<string, number>();
  const events = new Map<string, number>();
  for (const { owner_id, owner_left, event_id, event_left } of rows) {
    if (owner_left !== null) owners.set(owner_id, owner_left);
    if (event_left !== null) events.set(event_id, event_left);
  }
  const rooms = [...new Set(rows.map(({ server_id }) => server_id))].map((serverId): Room => {
    const lanes = rows.filter(({ server_id }) => server_id === serverId);
    return {
      serverId,
      places: lanes[0]?.places ?? 0,
      lanes: lanes.map(({ owner_id, event_id, candidates }) => ({
        ...{ ownerId: owner_id, eventId: event_id, candidates },
      })),
      shares: new Map(
        lanes.map((lane) => [
          lane.owner_id,
          { places: lane.owner_places, lastAt: lane.owner_last_at?.getTime() ?? 0 },
        ]),
      ),
    };
  });
  return { rooms, allowances: { owners, events } };
}

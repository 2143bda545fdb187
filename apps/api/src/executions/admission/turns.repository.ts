import type { QueueReason, QueueTurn } from '@cronium/contracts';
import type { HostPressure } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { pressureMessage } from '../../servers/host-pressures';
import { begunPrecedence } from './precedence';

/** How long jobs of a server take changes slowly: what was read is believed for so long. */
const paceMilliseconds = 5000;

/** Where queued jobs stand, by what the tables say now. */
@Injectable()
export class TurnsRepository {
  private readonly paces = new Map<string, { readonly until: number; readonly seconds: number | null }>();

  constructor(private readonly database: DataSource) {}

  /** By the job's id; of those that are queued and do not wait for their server to be back. */
  async of(jobIds: readonly string[]): Promise<ReadonlyMap<string, QueueTurn>> {
    if (jobIds.length === 0) return new Map();
    const rows = await this.queued(jobIds);
    // Most have a place already, and only wait for a worker.
    const serverIds = [...new Set(rows.filter(inLine).map(({ serverId }) => serverId))];
    const [lines, paces] = await Promise.all([this.linesOf(serverIds), this.pacesOf(serverIds)]);
    return new Map(
      rows.map((row) => {
        const position = (inLine(row) && lines.get(row.id)) || null;
        return [row.id, toTurn(row, position, paces.get(row.serverId) ?? null)];
      }),
    );
  }

  private queued(jobIds: readonly string[]): Promise<TurnRow[]> {
    return this.database.query(
      `SELECT job.id, job.not_before AS "notBefore", server.id AS "serverId", server.name AS "serverName",
              health.pressure, job.admitted_at IS NOT NULL AS "isAdmitted", coalesce(job.not_before > now(), false) AS "isDelayed",
              job.precedence <> ${begunPrecedence}
                AND coalesce(event.max_concurrent_executions, CASE WHEN event.overlap_policy <> 'allow' THEN 1 END)
                    <= (SELECT count(DISTINCT execution_id) FROM jobs WHERE event_id = event.id
                           AND precedence = ${begunPrecedence} AND ended_at IS NULL) AS "isEventBusy",
              jsonb_typeof(setting.value) = 'number' AND setting.value::int
                <= (SELECT count(*) FROM jobs WHERE owner_id = job.owner_id
                       AND admitted_at IS NOT NULL AND ended_at IS NULL) AS "isOwnerBusy",
              greatest(1, (SELECT count(*) FROM jobs WHERE server_id = server.id
                              AND admitted_at IS NOT NULL AND ended_at IS NULL)) AS places
         FROM jobs job
         JOIN servers server ON server.id = job.server_id
         LEFT JOIN server_health health ON health.server_id = server.id
         JOIN system_settings setting ON setting.key = 'max_concurrent_jobs_per_user'
         LEFT JOIN events event ON event.id = job.event_id
        WHERE job.id = ANY($1) AND job.state = 'queued' AND job.waiting_since IS NULL`,
      [jobIds],
    );
  }

  /** Of each job in line for these servers its position, as admission would give places if nothing but the server's were limited. */
  private async linesOf(serverIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (serverIds.length === 0) return new Map();
    const rows = await this.database.query<{ id: string; position: number }[]>(
      `WITH queue AS (
         SELECT id, server_id, owner_id, precedence FROM jobs
          WHERE server_id = ANY($1) AND state = 'queued' AND admitted_at IS NULL AND waiting_since IS NULL
            AND (not_before IS NULL OR not_before <= now())),
       owner AS (
         SELECT server_id, owner_id,
                (SELECT count(*) FROM jobs WHERE server_id = waiting.server_id AND owner_id = waiting.owner_id
                    AND admitted_at IS NOT NULL AND ended_at IS NULL) AS places,
                (SELECT max(admitted_at) FROM jobs WHERE server_id = waiting.server_id AND owner_id = waiting.owner_id
                    AND admitted_at IS NOT NULL) AS last_at
           FROM (SELECT DISTINCT server_id, owner_id FROM queue) waiting)
       SELECT id, row_number() OVER (PARTITION BY server_id ORDER BY places + own, last_at NULLS FIRST, id)::int AS position
         FROM (SELECT id, server_id, owner_id,
                      row_number() OVER (PARTITION BY server_id, owner_id ORDER BY precedence DESC, id) AS own
                 FROM queue) waiting JOIN owner USING (server_id, owner_id)`,
      [serverIds],
    );
    return new Map(rows.map(({ id, position }) => [id, position]));
  }

  /** What a job of each of these servers took lately, in seconds; null when there was none. */
  private async pacesOf(serverIds: readonly string[]): Promise<ReadonlyMap<string, number | null>> {
    const now = performance.now();
    const old = serverIds.filter((id) => (this.paces.get(id)?.until ?? 0) <= now);
    if (old.length > 0) {
      const rows = await this.database.query<{ id: string; seconds: number | null }[]>(
        `SELECT server.id, took.seconds
           FROM unnest($1::uuid[]) AS server(id)
           CROSS JOIN LATERAL (
             SELECT avg(extract(epoch FROM ended_at - starting_at))::float8 AS seconds
               FROM (SELECT starting_at, ended_at FROM jobs
                      WHERE server_id = server.id AND starting_at IS NOT NULL AND ended_at IS NOT NULL
                      ORDER BY queued_at DESC LIMIT 50) last) took`,
        [old],
      );
      for (const { id, seconds } of rows) this.paces.set(id, { until: now + paceMilliseconds, seconds });
    }
    return new Map(serverIds.map((id) => [id, this.paces.get(id)?.seconds ?? null]));
  }
}

interface TurnRow {
  readonly id: string;
  readonly notBefore: Date | null;
  readonly serverId: string;
  readonly serverName: string;
  readonly isAdmitted: boolean;
  readonly isDelayed: boolean;
  /** Why its server admits nothing. */
  readonly pressure: HostPressure | null;
  readonly isEventBusy: boolean | null;
  readonly isOwnerBusy: boolean | null;
  /** Jobs that hold a place of the server now. */
  readonly places: string;
}

/** Whether it may be admitted as soon as it is its turn. */
function inLine({ isAdmitted, isDelayed }: TurnRow): boolean {
  return !isAdmitted && !isDelayed;
}

function toTurn(row: TurnRow, position: number | null, seconds: number | null): QueueTurn {
  const reason = reasonOf(row);
  const isKnown = position !== null && seconds !== null;
  return {
    reason,
    message: messageOf(reason, row),
    position,
    expectedWaitSeconds: isKnown ? Math.round(((position * seconds) / Number(row.places)) * 10) / 10 : null,
    notBefore: reason === 'delayed' && row.notBefore ? row.notBefore.toISOString() : null,
  };
}

function reasonOf(row: TurnRow): QueueReason {
  if (row.isAdmitted) return 'worker_busy';
  if (row.isDelayed) return 'delayed';
  if (row.pressure) return 'server_short';
  if (row.isEventBusy) return 'event_busy';
  if (row.isOwnerBusy) return 'owner_busy';
  return 'server_busy';
}

function messageOf(reason: QueueReason, { serverName, notBefore, pressure }: TurnRow): string {
  switch (reason) {
    case 'worker_busy':
      return 'It starts as soon as a worker is free.';
    case 'delayed':
      return `It is not to start before ${notBefore?.toISOString() ?? ''}.`;
    case 'event_busy':
      return 'As many executions of its event are under way as may be at one time.';
    case 'owner_busy':
      return 'Its owner has as many jobs under way as one may have at one time.';
    case 'server_short':
      return pressure
        ? pressureMessage(serverName, pressure)
        : `The machine of “${serverName}” has too little left.`;
    case 'server_busy':
      return `It waits for a place on “${serverName}”.`;
  }
}

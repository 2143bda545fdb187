import type { HealthStatus, HostPressure, ResourceUsage } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { Server } from './server.entity';

/** How long a check may take before another process may make it, in seconds. */
const longestCheckSeconds = 45;
/** A little less than a minute, so that what is due at a check is not left to the next. */
const sampleSeconds = 58;
const sweepSeconds = 3600;
/** A server that jobs wait for is asked this often, however often it has failed. */
const eagerSeconds = 15;
/**
 * Between a job that finds a server away and the check that may contradict it. Where checks pass and jobs fail, a job that waits would
 * otherwise be tried without a pause.
 */
const secondLookSeconds = 5;

export interface KnownHealth {
  readonly health: HealthStatus;
  /** Checks in a row that failed. */
  readonly failures: number;
}

export interface DueCheck {
  readonly id: string;
  /** Whether its machine is to be asked what it uses, which the process that makes this check does. */
  readonly isSampled: boolean;
  /** Whether what killed runners have left there is to be removed, likewise. */
  readonly isSwept: boolean;
}

export interface DueChecks {
  readonly servers: readonly DueCheck[];
  /** Null when there is no other server. */
  readonly nextInMilliseconds: number | null;
}

/** What a check has made of the room of a server's machine, and what was known of it before; null without pressure. */
export interface RecordedHealth {
  readonly pressure: HostPressure | null;
  readonly before: HostPressure | null;
}

/** Why a server is away, as a check or a job found it. */
export type Outage = NonNullable<HealthStatus['reason']>;

/** The health of servers as all processes know it. */
@Injectable()
export class ServerHealthRepository {
  constructor(private readonly database: DataSource) {}

  /** Of one server, or of every one that was checked, by its id. */
  async read(serverId?: string): Promise<Map<string, KnownHealth>> {
    const rows = await this.database.query<HealthRow[]>(
      `SELECT server_id, healthy, checked_at, latency_ms, reason, notice, failures, pressure FROM server_health
        WHERE healthy IS NOT NULL AND server_id = coalesce($1, server_id)`,
      [serverId ?? null],
    );
    return new Map(rows.map((row) => [row.server_id, toKnown(row)]));
  }

  /** Up to `count` servers whose check is due, the longest due first: each for one process alone. And until when no other is. */
  async takeDue(count: number): Promise<DueChecks> {
    const [row] = await this.database.query<{ servers: DueCheck[]; nextIn: number | null }[]>(
      `WITH taken AS (
         INSERT INTO server_health AS known (server_id, next_check_at, checking_until, sampled_at, swept_at)
         SELECT server.id, now(), now() + make_interval(secs => $1), now(), now()
           FROM servers server LEFT JOIN server_health present ON present.server_id = server.id
          WHERE present.server_id IS NULL
             OR (present.next_check_at <= now() AND coalesce(present.checking_until, '-infinity') <= now())
          ORDER BY present.next_check_at NULLS FIRST LIMIT $2
         ON CONFLICT (server_id) DO UPDATE SET checking_until = excluded.checking_until,
                sampled_at = CASE WHEN known.sampled_at > now() - make_interval(secs => ${sampleSeconds}) THEN known.sampled_at ELSE now() END,
                swept_at = CASE WHEN known.swept_at > now() - make_interval(secs => ${sweepSeconds}) THEN known.swept_at ELSE now() END
          WHERE known.next_check_at <= now() AND coalesce(known.checking_until, '-infinity') <= now()
         RETURNING server_id, sampled_at, swept_at)
       SELECT coalesce((SELECT json_agg(json_build_object('id', server_id, 'isSampled', sampled_at = now(), 'isSwept', swept_at = now())) FROM taken), '[]') AS servers,
              (SELECT extract(epoch FROM min(greatest(next_check_at, coalesce(checking_until, '-infinity'))) - now())::float8 * 1000
                 FROM server_health WHERE server_id NOT IN (SELECT server_id FROM taken)) AS "nextIn"`,
      [longestCheckSeconds, count],
    );
    const { servers = [], nextIn = null } = row ?? {};
    return { servers, nextInMilliseconds: nextIn === null ? null : Math.max(0, nextIn) + 1 };
  }

  /** Servers that failed are due: what has started anew may be the remedy. */
  async makeFailingDue(): Promise<void> {
    await this.database.query(
      'UPDATE server_health SET next_check_at = now(), checking_until = NULL WHERE healthy IS FALSE',
    );
  }

  async makeDue(serverId: string): Promise<void> {
    await this.database.query(
      'UPDATE server_health SET next_check_at = now(), checking_until = NULL WHERE server_id = $1',
      [serverId],
    );
  }

  /**
   * Stores what a check found; the next follows `nextSeconds` later. Undefined, and nothing is stored, when the server was set up anew or
   * deleted meanwhile.
   *
   * @param usage what its machine has left, and its pool; where the first is unknown, nothing stops admission
   */
  async record(
    manager: EntityManager,
    server: Server,
    { health, failures }: KnownHealth,
    nextSeconds: number,
    usage: Pick<ResourceUsage, 'host' | 'pool'> | undefined,
  ): Promise<RecordedHealth | undefined> {
    const rows = await manager.query<RecordedHealth[]>(
      `WITH present AS (SELECT pressure FROM server_health WHERE server_id = $1),
       short AS (
         SELECT resource, available, floor FROM (
           SELECT resource, available, value::bigint * 1048576 AS floor
             FROM (VALUES ('memory', $13::float8, 'host_min_free_memory_mb'), ('disk', $14, 'host_min_free_disk_mb'))
                  AS room(resource, available, setting)
             JOIN system_settings ON key = setting) floors
          -- What has stopped goes on with a tenth more, so that it does not stop and go.
          WHERE available < floor * CASE WHEN (SELECT pressure->>'resource' FROM present) = resource THEN 1.1 ELSE 1 END
          ORDER BY available / floor LIMIT 1)
       INSERT INTO server_health (server_id, healthy, checked_at, latency_ms, reason, notice, failures, pool, next_check_at, pressure)
       SELECT id, $2, $3, $4, $5, $6, $7, $15::jsonb, now() + make_interval(secs =>
              CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE server_id = $1 AND waiting_since IS NOT NULL)
                   THEN least($8::float8, ${eagerSeconds}) ELSE $8 END),
              (SELECT jsonb_build_object('resource', resource, 'availableBytes', available, 'floorBytes', floor, 'since',
                        coalesce((SELECT pressure->'since' FROM present), to_jsonb($3::timestamptz))) FROM short)
         FROM servers
        WHERE id = $1
          AND (container_config, ssh_config, ssh_credentials, host_key, broker, broker_credentials)
              IS NOT DISTINCT FROM ($9::jsonb, $10::jsonb, $11, $12::jsonb, $16::jsonb, $17)
       ON CONFLICT (server_id) DO UPDATE
         SET healthy = excluded.healthy, checked_at = excluded.checked_at, latency_ms = excluded.latency_ms,
             reason = excluded.reason, notice = excluded.notice, failures = excluded.failures,
             pool = excluded.pool, next_check_at = excluded.next_check_at, checking_until = NULL, pressure = excluded.pressure
       RETURNING pressure, (SELECT pressure FROM present) AS before`,
      [
        server.id,
        health.healthy,
        health.checkedAt,
        health.latencyMs,
        health.reason ?? null,
        health.notice ?? null,
        failures,
        nextSeconds,
        ...[jsonOrNull(server.containerConfig), jsonOrNull(server.sshConfig)],
        ...[server.sshCredentials, jsonOrNull(server.hostKey)],
        ...[usage?.host?.memoryAvailableBytes ?? null, usage?.host?.diskFreeBytes ?? null],
        jsonOrNull(usage?.pool ?? null),
        ...[jsonOrNull(server.broker), server.brokerCredentials],
      ],
    );
    const [row] = rows;
    return row && { ...row, pressure: row.pressure && toPressure(row.pressure) };
  }

  /** A job found the server away. A check, which may contradict it, follows soon. */
  async recordOutage(manager: EntityManager, serverId: string, outage: Outage): Promise<void> {
    await manager.query(
      `INSERT INTO server_health AS known (server_id, healthy, checked_at, latency_ms, reason, failures, next_check_at)
       VALUES ($1, false, now(), 0, $2, 1, now() + interval '${secondLookSeconds} s')
       ON CONFLICT (server_id) DO UPDATE
         SET healthy = false, checked_at = now(), reason = excluded.reason, notice = NULL,
             failures = greatest(known.failures, 1),
             next_check_at = CASE WHEN known.healthy IS FALSE
               THEN least(known.next_check_at, now() + interval '${eagerSeconds} s')
               ELSE now() + interval '${secondLookSeconds} s' END`,
      [serverId, outage],
    );
  }

  /**
   * Whether a server is still away, which stays so until the transaction has ended: a check's result is recorded before or after it, never
   * in between. If it is, its next check is not far.
   */
  async isStillAway(transaction: EntityManager, serverId: string): Promise<boolean> {
    const [rows] = await transaction.query<[unknown[], number]>(
      `UPDATE server_health SET next_check_at = least(next_check_at, checked_at + interval '${eagerSeconds} s')
        WHERE server_id = $1 AND healthy IS FALSE RETURNING server_id`,
      [serverId],
    );
    return rows.length > 0;
  }

  /** What was wrong with a server may be mended once it is reached in another way: it is unknown until the next check, which is due. */
  async forgetFault(transaction: EntityManager, serverId: string): Promise<void> {
    await transaction.query('DELETE FROM server_health WHERE server_id = $1 AND healthy IS FALSE', [
      serverId,
    ]);
  }
}

interface HealthRow {
  server_id: string;
  healthy: boolean;
  checked_at: Date;
  latency_ms: number;
  reason: Outage | null;
  notice: string | null;
  failures: number;
  pressure: HostPressure | null;
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

function toKnown({
  healthy,
  checked_at,
  latency_ms,
  reason,
  notice,
  failures,
  pressure,
}: HealthRow): KnownHealth {
  return {
    health: {
      healthy,
      checkedAt: checked_at.toISOString(),
      latencyMs: latency_ms,
      ...(reason === null ? {} : { reason }),
      ...(notice === null ? {} : { notice }),
      ...(pressure !== null && { pressure: toPressure(pressure) }),
    },
    failures,
  };
}

/** Postgres writes a time with its own zone. */
function toPressure(stored: HostPressure): HostPressure {
  return { ...stored, since: new Date(stored.since).toISOString() };
}

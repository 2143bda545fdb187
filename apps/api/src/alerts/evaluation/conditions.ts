import { type AlertKind, alertKindFacts, alertKinds } from '@cronium/contracts';

import { mostFindings } from './decide';

/** A condition of each kind in SQL: what `finding` rows there are of it, by `rule` and at `moment.now`. Of a rule that is off there are none. */
const branches: Partial<Record<AlertKind, string>> = {
  server_unhealthy: `
    SELECT rule.kind, server.id AS server_id, NULL::uuid AS event_id, server.name, NULL::float8 AS value, true AS holds,
           jsonb_build_object('code', health.reason ->> 'code', 'message', health.reason ->> 'message') AS details
      FROM rule JOIN server_health health ON health.healthy IS FALSE
      JOIN servers server ON server.id = health.server_id
     WHERE NOT (server.is_system_managed AND EXISTS (
             SELECT 1 FROM system_settings WHERE key = 'local_execution_access' AND value = '"disabled"'))`,

  // Machines are measured once a minute while their servers are well. One that has too little left for more jobs is short, whatever the threshold.
  disk_short: `
    SELECT rule.kind, server.id, NULL, server.name, usage.disk, usage.disk >= rule.threshold OR usage.pressure = 'disk',
           CASE WHEN usage.pressure = 'disk' THEN usage.room ELSE '{}' END
      FROM rule JOIN usage ON usage.disk IS NOT NULL OR usage.pressure = 'disk' JOIN servers server ON server.id = usage.server_id`,
  memory_short: `
    SELECT rule.kind, server.id, NULL, server.name, usage.memory, usage.memory >= rule.threshold OR usage.pressure = 'memory',
           CASE WHEN usage.pressure = 'memory' THEN usage.room ELSE '{}' END
      FROM rule JOIN usage ON usage.memory IS NOT NULL OR usage.pressure = 'memory' JOIN servers server ON server.id = usage.server_id`,
  pool_exhausted: `
    SELECT rule.kind, server.id, NULL, server.name, NULL, usage.ready = 0 AND usage.in_use > 0, jsonb_build_object('inUse', usage.in_use)
      FROM rule JOIN usage ON usage.ready IS NOT NULL JOIN servers server ON server.id = usage.server_id`,

  // Counted no further than it matters. What waits for its server to be back, or for its next attempt, has no turn yet.
  queue_growing: `
    SELECT rule.kind, server.id, NULL, server.name, waiting.count, true, '{}'
      FROM rule CROSS JOIN moment CROSS JOIN servers server CROSS JOIN LATERAL (
        SELECT count(*)::float8 AS count FROM (
          SELECT 1 FROM jobs WHERE server_id = server.id AND state = 'queued' AND waiting_since IS NULL
             AND coalesce(not_before, '-infinity') <= moment.now
           LIMIT greatest(rule.threshold, rule.critical_threshold)::bigint) counted) waiting
     WHERE waiting.count >= rule.threshold`,
  queue_stalled: `
    SELECT rule.kind, server.id, NULL, server.name, waiting.seconds, true, jsonb_build_object('jobId', waiting.id)
      FROM rule CROSS JOIN moment CROSS JOIN servers server CROSS JOIN LATERAL (
        SELECT id, extract(epoch FROM moment.now - greatest(queued_at, not_before))::float8 AS seconds FROM jobs
         WHERE server_id = server.id AND state = 'queued' AND waiting_since IS NULL AND coalesce(not_before, '-infinity') <= moment.now
         ORDER BY queued_at LIMIT 1) waiting
     WHERE waiting.seconds >= rule.threshold`,

  // Of events that have failed lately, and of those whose alert may be over.
  failure_streak: `
    SELECT rule.kind, NULL, event.id, event.name, streak.length, true, jsonb_build_object('lastExecutionId', streak.last_id)
      FROM rule CROSS JOIN moment CROSS JOIN LATERAL (
        SELECT event_id FROM (
          SELECT event_id FROM executions WHERE state IN ('failed', 'timed_out', 'lost', 'partial')
             AND ended_at > moment.now - interval '1 hour' ORDER BY ended_at DESC LIMIT 5000) failed
         UNION SELECT event_id FROM alerts WHERE kind = 'failure_streak' AND resolved_at IS NULL) candidate
      JOIN events event ON event.id = candidate.event_id
      CROSS JOIN LATERAL (
        SELECT count(*)::float8 AS length, (array_agg(id ORDER BY created_at DESC, id DESC))[1] AS last_id FROM (
          SELECT id, created_at, bool_or(state = 'succeeded') OVER (ORDER BY created_at DESC, id DESC) AS is_before FROM (
            SELECT id, created_at, state FROM executions
             WHERE event_id = event.id AND state IN ('succeeded', 'failed', 'timed_out', 'lost', 'partial')
             ORDER BY created_at DESC, id DESC LIMIT greatest(rule.threshold, rule.critical_threshold)::bigint) latest) run
         WHERE NOT is_before) streak
     WHERE streak.length >= rule.threshold`,

  late_schedule: `
    SELECT rule.kind, NULL, event.id, event.name, late.seconds, true,
           jsonb_build_object('waits', late.waits, 'executionId', late.execution_id, 'runs', late.runs)
      FROM rule CROSS JOIN moment CROSS JOIN LATERAL (
        SELECT event_id, max(seconds) AS seconds, (array_agg(waits ORDER BY seconds DESC))[1] AS waits,
               (array_agg(id ORDER BY seconds DESC))[1] AS execution_id, count(*) AS runs
          FROM (
            SELECT id, event_id, extract(epoch FROM started_at - due_at)::float8 AS seconds, false AS waits FROM executions
             WHERE started_at - due_at > interval '5 s' AND started_at > moment.now - interval '15 minutes'
            UNION ALL
            (SELECT id, event_id, extract(epoch FROM moment.now - due_at)::float8, true FROM executions
              WHERE state = 'queued' AND due_at < moment.now ORDER BY created_at LIMIT 10000)) run
         WHERE seconds >= rule.threshold GROUP BY event_id) late
      JOIN events event ON event.id = late.event_id`,

  limit_kills: `
    SELECT rule.kind, NULL, event.id, event.name, ended.count, true, jsonb_build_object('codes', ended.codes)
      FROM rule CROSS JOIN moment CROSS JOIN LATERAL (
        SELECT event_id, count(*)::float8 AS count, string_agg(DISTINCT error ->> 'code', ', ') AS codes FROM jobs
         WHERE error ->> 'code' IN ('timeout', 'out_of_memory', 'process_limit', 'disk_full', 'output_limit')
           AND ended_at > moment.now - interval '1 hour'
         GROUP BY event_id HAVING count(*) >= rule.threshold) ended
      JOIN events event ON event.id = ended.event_id`,

  sign_in_attacks: `
    SELECT rule.kind, NULL, NULL, NULL, failed.count, true,
           jsonb_build_object('addresses', failed.addresses, 'mostFrom', failed.address, 'fromThere', failed.most)
      FROM rule CROSS JOIN moment CROSS JOIN LATERAL (
        SELECT sum(count)::float8 AS count, count(*) AS addresses, (array_agg(address ORDER BY count DESC))[1] AS address, max(count) AS most
          FROM (SELECT address, sum(count) AS count FROM failed_sign_ins
                 WHERE minute > moment.now - interval '15 minutes' GROUP BY address) by_address) failed
     WHERE failed.count >= rule.threshold`,

  // From its first user on, as long as there is none.
  backup_old: `
    SELECT rule.kind, NULL, NULL, NULL, age.days, true, jsonb_build_object('last', age.last)
      FROM rule CROSS JOIN moment CROSS JOIN LATERAL (
        SELECT last, extract(epoch FROM moment.now - coalesce(last, (SELECT min(created_at) FROM users)))::float8 / 86400 AS days
          FROM (SELECT max(at) AS last FROM backups) made) age
     WHERE age.days >= rule.threshold`,
};

const findings = Object.entries(branches).map(
  ([kind, branch]) => `
  (SELECT kind, server_id::uuid, event_id::uuid, name::text, value::float8, holds, details::jsonb
     FROM (${branch.replace('FROM rule', `FROM (SELECT * FROM rules WHERE kind = '${kind}') rule`)})
          found (kind, server_id, event_id, name, value, holds, details)
    ORDER BY value DESC NULLS LAST LIMIT ${mostFindings})`,
);

const lasting = alertKinds.filter((kind) => alertKindFacts[kind].lasts);

/**
 * All conditions of all rules, and what is known of them, in one statement: that is what an installation costs each minute in which nothing
 * is wrong. `$1` is the time, null for the database's.
 */
export const presentStatement = `
  WITH moment AS MATERIALIZED (SELECT coalesce($1::timestamptz, now()) AS now),
  rules AS MATERIALIZED (SELECT * FROM alert_rules WHERE enabled),
  measured AS (
    SELECT entry.key::uuid AS server_id,
           -- Of a container server the machine, where it tells, and not what its jobs use of it.
           100 * coalesce(1 - (entry.value #>> '{host,memoryAvailableBytes}')::float8 / nullif((entry.value #>> '{host,memoryTotalBytes}')::float8, 0),
                          (entry.value #>> '{memory,usedBytes}')::float8 / nullif((entry.value #>> '{memory,limitBytes}')::float8, 0)) AS memory,
           100 * coalesce(1 - (entry.value #>> '{host,diskFreeBytes}')::float8 / nullif((entry.value #>> '{host,diskTotalBytes}')::float8, 0),
                          (entry.value #>> '{disk,usedBytes}')::float8 / nullif((entry.value #>> '{disk,limitBytes}')::float8, 0)) AS disk,
           (entry.value #>> '{pool,ready}')::integer AS ready, (entry.value #>> '{pool,inUse}')::integer AS in_use, NULL::jsonb AS pressure, NULL::jsonb AS pool
      FROM moment JOIN process_reports report ON report.at > moment.now - interval '60 s'
     CROSS JOIN LATERAL jsonb_each(report.report -> 'servers') entry
    UNION ALL
    (SELECT DISTINCT ON (server_id) server_id, 100 * memory_used::float8 / nullif(memory_limit, 0),
            100 * disk_used::float8 / nullif(disk_limit, 0), NULL, NULL, NULL, NULL
       FROM moment JOIN server_usage ON at > moment.now - interval '3 minutes' ORDER BY server_id, at DESC)
    UNION ALL
    SELECT server_id, NULL, NULL, NULL, NULL, pressure, CASE WHEN checked_at > moment.now - interval '3 minutes' THEN pool END
      FROM moment JOIN server_health ON healthy AND (pressure IS NOT NULL OR pool IS NOT NULL)),
  usage AS MATERIALIZED (
    SELECT server_id, max(memory) AS memory, max(disk) AS disk,
           -- Of every process that tells now, while somebody looks; otherwise as the last check found them.
           coalesce(sum(ready), max((pool ->> 'ready')::integer)) AS ready, coalesce(sum(in_use), max((pool ->> 'inUse')::integer)) AS in_use,
           max(pressure ->> 'resource') AS pressure,
           jsonb_strip_nulls(jsonb_build_object('availableBytes', max((pressure ->> 'availableBytes')::float8),
                                                'floorBytes', max((pressure ->> 'floorBytes')::float8))) AS room
      FROM measured GROUP BY server_id),
  found AS (${findings.join(' UNION ALL ')})
  SELECT moment.now,
         (SELECT json_agg(json_build_object('kind', kind, 'threshold', threshold, 'criticalThreshold', critical_threshold,
                                            'forSeconds', for_seconds, 'severity', severity)) FROM rules) AS rules,
         (SELECT json_agg(json_build_object('kind', kind, 'serverId', server_id, 'eventId', event_id, 'name', name, 'value', value,
                                            'holds', coalesce(holds, false), 'details', details)) FROM found) AS findings,
         (SELECT json_agg(json_build_object('kind', kind, 'subjectId', subject_id, 'since', since, 'seenAt', seen_at))
            FROM alert_conditions) AS conditions,
         (SELECT json_agg(json_build_object('id', id, 'kind', kind, 'serverId', server_id, 'eventId', event_id, 'details', details,
                   'isUntold', coalesce(array_position('{info,warning,critical}'::text[], told_severity), 0)
                               < array_position('{info,warning,critical}'::text[], severity)))
            FROM alerts WHERE resolved_at IS NULL
             AND (kind = ANY('{${lasting.join(',')}}') OR told_severity IS DISTINCT FROM severity
                  OR NOT EXISTS (SELECT 1 FROM rules WHERE rules.kind = alerts.kind))) AS unresolved,
         (SELECT min(next_attempt_at) FROM alert_deliveries WHERE next_attempt_at IS NOT NULL) AS "nextDeliveryAt"
    FROM moment`;

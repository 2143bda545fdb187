/**
 * Fills a database with events, executions of the last year and their jobs, in SQL: `generate_series` makes a million in three to five minutes.
 *
 * @param {import('pg').Client} client
 * @param {{ executions: number, events: number, servers: number, ownerIds: string[] }} size whose they are: the first of the owners has
 *   one in ten, the last the rest
 */
export async function seedExecutions(client, { executions, events, servers, ownerIds }) {
  const [few, most] = [ownerIds[0], ownerIds.at(-1)];
  await client.query(
    `INSERT INTO servers (id, name, type, owner_id, container_config)
     SELECT gen_random_uuid(), 'Server ' || n, 'container', $1, '{}' FROM generate_series(1, $2::int) n`,
    [most, servers],
  );
  await seedEvents(client, {
    count: events,
    ownerOf: `CASE WHEN n % 10 = 0 THEN '${few}' ELSE '${most}' END`,
  });
  await client.query(
    `CREATE TEMPORARY TABLE seeded AS
       SELECT event.id, event.owner_id, event.name, version.id AS version_id, row_number() OVER (ORDER BY event.name) - 1 AS n
         FROM events event JOIN event_versions version ON version.event_id = event.id;
     CREATE TEMPORARY TABLE hosts AS SELECT id, name, type, row_number() OVER (ORDER BY name) - 1 AS n FROM servers;
     ANALYZE seeded; ANALYZE hosts;`,
  );
  // One in 20 fails, one in 1,000 was skipped, a hundred in a million were cancelled; the last hundred are under way.
  await client.query(
    `INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger, created_at, started_at, ended_at)
     SELECT gen_random_uuid(), event.id, event.version_id, event.name, 'BASH', event.owner_id, made.state, 'schedule', made.at,
            made.at, CASE WHEN made.state <> 'running' THEN made.at + interval '3 s' END
       FROM (SELECT n, now() - interval '1 year' * (n::float8 / $1) AS at,
                    CASE WHEN n <= 100 THEN 'running' WHEN n % 9973 = 0 THEN 'cancelled' WHEN n % 1000 = 0 THEN 'skipped' WHEN n % 20 = 0 THEN 'failed' ELSE 'succeeded' END AS state
               FROM generate_series(1, $1::int) n) made
       JOIN seeded event ON event.n = (made.n::bigint * 7919) % $2`,
    [executions, events],
  );
  await client.query(
    `INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state, precedence,
                       queued_at, admitted_at, starting_at, started_at, ended_at)
     SELECT gen_random_uuid(), execution.id, execution.owner_id, execution.event_id, host.id, host.name, host.type, 0, execution.state, 9,
            execution.created_at, execution.created_at, execution.created_at, execution.started_at, execution.ended_at
       FROM executions execution
       JOIN seeded event ON event.id = execution.event_id JOIN hosts host ON host.n = event.n % $1
      WHERE execution.state <> 'skipped'`,
    [servers + 1],
  );
  await client.query('VACUUM ANALYZE executions, jobs, execution_servers, events, event_versions');
}

/**
 * Events with a version each; on Local Execution.
 *
 * @param {{ count: number, ownerOf: string, name?: string, schedule?: object, nextRunAt?: string }} what SQL expressions over `n`
 */
export async function seedEvents(
  client,
  { count, ownerOf, name = `'Event ' || n`, schedule, nextRunAt = 'NULL' },
) {
  await client.query(
    `WITH made AS (
       INSERT INTO events (id, owner_id, name, type, content, schedule, timeout_seconds, next_planned_at, next_run_at, next_open_run_at)
       SELECT gen_random_uuid(), (${ownerOf})::uuid, ${name}, 'BASH', 'true', $2, 60, at, at, at
         FROM (SELECT n, (${nextRunAt})::timestamptz AS at FROM generate_series(1, $1::int) n) numbered
       RETURNING id, owner_id),
     version AS (
       INSERT INTO event_versions (id, event_id, version, type, content, timeout_seconds, environment, limits)
       SELECT gen_random_uuid(), id, 1, 'BASH', 'true', 60, '[]', '{}' FROM made)
     INSERT INTO event_servers (event_id, server_id, position)
     SELECT made.id, server.id, 0 FROM made, servers server WHERE server.is_system_managed`,
    [count, JSON.stringify(schedule ?? { kind: 'manual' })],
  );
}

import type { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { createDataSource } from '../src/database/data-source';
import { localExecutionId } from '../src/servers/local-execution';
import { createTestDatabase, type TestDatabase } from './test-database';

describe('migrations', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url).initialize();
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  /** Everything that migrations may make: tables, indexes, sequences, views, types, functions. */
  const objects = async (): Promise<string[]> => {
    const rows = await dataSource.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
        UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`,
    );
    // TypeORM's own record of what has run stays.
    return rows.map(({ name }) => name).filter((name) => !/^_?(migrations|PK_|migrations_id_seq)/.test(name));
  };

  const down = async (): Promise<void> => {
    for (const _ of dataSource.migrations) await dataSource.undoLastMigration({ transaction: 'each' });
  };

  /** Takes back every migration from this one on. */
  const downThrough = async (name: string): Promise<void> => {
    const names = dataSource.migrations.map((migration) => migration.constructor.name);
    const count = names.length - names.indexOf(name);
    for (let undone = 0; undone < count; undone += 1)
      await dataSource.undoLastMigration({ transaction: 'each' });
  };

  it('go up on an empty database, down to nothing, and up to the same again', async () => {
    expect(await objects()).toEqual([]);
    await dataSource.runMigrations();
    const first = await objects();
    expect(first).toEqual(expect.arrayContaining(['users', 'servers', 'events', 'jobs', 'job_log_chunks']));
    await down();
    expect(await objects()).toEqual([]);
    await dataSource.runMigrations();
    expect((await objects()).sort()).toEqual(first.sort());
  });

  it('leave no job behind that waits for its server, when they go down', async () => {
    const [userId, versionId, executionId] = [uuid(), uuid(), uuid()];
    await dataSource.query(
      `INSERT INTO users (id, email, name, role, password_hash) VALUES ($1, 'bo@example.com', 'Bo', 'USER', '')`,
      [userId],
    );
    await dataSource.query(
      `INSERT INTO event_versions (id, version, type, content, timeout_seconds, environment, limits)
       VALUES ($1, 1, 'BASH', 'true', 60, '[]', '{}')`,
      [versionId],
    );
    await dataSource.query(
      `INSERT INTO executions (id, event_version_id, event_name, event_type, owner_id, state, trigger)
       VALUES ($1, $2, 'event', 'BASH', $3, 'queued', 'manual')`,
      [executionId, versionId, userId],
    );
    const wait = (state: string) =>
      dataSource.query(
        `INSERT INTO jobs (id, execution_id, owner_id, server_id, server_name, server_type, position, state, waiting_for, waiting_since, wait_until)
         VALUES ($1, $2, $5, $3, 'Local Execution', 'container', 0, $4, '{}', now(), now())`,
        [uuid(), executionId, localExecutionId, state, userId],
      );
    await wait('queued');
    await expect(wait('running')).rejects.toMatchObject({ driverError: { constraint: 'jobs_waiting' } });
    await downThrough('WaitingJobs1700000300000');
    const states = await dataSource.query<unknown[]>(
      `SELECT execution.state AS execution, job.state AS job, execution.ended_at IS NOT NULL AS ended
         FROM executions execution JOIN jobs job ON job.execution_id = execution.id WHERE execution.id = $1`,
      [executionId],
    );
    expect(states).toEqual([{ execution: 'cancelled', job: 'cancelled', ended: true }]);
    await dataSource.runMigrations();
    await dataSource.query('DELETE FROM executions WHERE id = $1', [executionId]);
    await dataSource.query('DELETE FROM event_versions WHERE id = $1', [versionId]);
    await dataSource.query('DELETE FROM users WHERE id = $1', [userId]);
  });

  it('give the alerts of before their states and a history, and forget what the version before does not know', async () => {
    await downThrough('Alerts1700001700000');
    const [over, open] = [uuid(), uuid()];
    await dataSource.query(
      `INSERT INTO alerts (id, kind, severity, server_id, title, resolved_at)
       VALUES ($1, 'host_key_changed', 'critical', $3, 'Over', now()), ($2, 'host_key_changed', 'critical', $3, 'Open', NULL)`,
      [over, open, localExecutionId],
    );
    await dataSource.runMigrations();
    const alerts = await dataSource.query<unknown[]>(
      `SELECT title, state, told_severity AS told, array_agg(change.kind ORDER BY change.at, change.kind) AS changes
         FROM alerts alert JOIN alert_changes change ON change.alert_id = alert.id GROUP BY alert.id ORDER BY title`,
    );
    expect(alerts).toEqual([
      { title: 'Open', state: 'open', told: 'critical', changes: ['opened'] },
      { title: 'Over', state: 'resolved', told: 'critical', changes: ['opened', 'resolved'] },
    ]);
    await dataSource.query(
      `INSERT INTO alerts (id, kind, severity, title) VALUES ($1, 'backup_old', 'info', 'Of the installation')`,
      [uuid()],
    );
    await downThrough('Alerts1700001700000');
    const kept = await dataSource.query<unknown[]>('SELECT title FROM alerts ORDER BY title');
    expect(kept).toEqual([{ title: 'Open' }, { title: 'Over' }]);
    await dataSource.query('DELETE FROM alerts');
    await dataSource.runMigrations();
  });

  it('fill the history of events that were saved before', async () => {
    const [userId, eventId] = [uuid(), uuid()];
    const versions = [uuid(), uuid(), uuid()];
    await downThrough('EventHistory1700000700000');
    await dataSource.query(
      `INSERT INTO users (id, email, name, role, password_hash) VALUES ($1, 'eve@example.com', 'Eve', 'USER', '')`,
      [userId],
    );
    await dataSource.query(
      `INSERT INTO events (id, owner_id, name, type, content, schedule, timeout_seconds, tags, version)
       VALUES ($1, $2, 'Now', 'BASH', 'true', '{"kind": "manual"}', 60, '{a}', 3)`,
      [eventId, userId],
    );
    await dataSource.query('INSERT INTO event_servers (event_id, server_id, position) VALUES ($1, $2, 0)', [
      eventId,
      localExecutionId,
    ]);
    for (const [index, id] of versions.entries()) {
      await dataSource.query(
        `INSERT INTO event_versions (id, event_id, version, type, content, timeout_seconds, environment, limits, created_by)
         VALUES ($1, $2, $3, 'BASH', 'true', 60, '[]', '{}', $4)`,
        [id, eventId, index + 1, userId],
      );
    }
    for (const [index, name] of ['Then', 'Now'].entries()) {
      await dataSource.query(
        `INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger)
         VALUES ($1, $2, $3, $4, 'BASH', $5, 'succeeded', 'manual')`,
        [uuid(), eventId, versions[index * 2], name, userId],
      );
    }
    await dataSource.runMigrations();
    const filled = await dataSource.query<{ snapshot: Record<string, unknown>; author_name: string }[]>(
      'SELECT snapshot, author_name FROM event_versions WHERE event_id = $1 ORDER BY version',
      [eventId],
    );
    expect(filled.map(({ snapshot, author_name: author }) => [snapshot['name'], author])).toEqual([
      ['Then', 'Eve'],
      ['Now', 'Eve'],
      ['Now', 'Eve'],
    ]);
    expect(filled[2]?.snapshot).toEqual({
      name: 'Now',
      description: '',
      schedule: { kind: 'manual' },
      paused: false,
      misfirePolicy: 'run_once',
      misfireWindowSeconds: 86_400,
      tags: ['a'],
      targetStrategy: 'all',
      serverTag: null,
      servers: [{ id: localExecutionId, name: 'Local Execution', type: 'container' }],
      calendars: [],
    });
    await dataSource.query('DELETE FROM executions WHERE event_id = $1', [eventId]);
    await dataSource.query('DELETE FROM event_versions WHERE event_id = $1', [eventId]);
    await dataSource.query('DELETE FROM events WHERE id = $1', [eventId]);
    await dataSource.query('DELETE FROM users WHERE id = $1', [userId]);
  });

  it('count executions that ended before', async () => {
    const [userId, versionId] = [uuid(), uuid()];
    await downThrough('ExecutionRollup1700001400000');
    await dataSource.query(
      `INSERT INTO users (id, email, name, role, password_hash) VALUES ($1, 'ann@example.com', 'Ann', 'USER', '')`,
      [userId],
    );
    await dataSource.query(
      `INSERT INTO event_versions (id, version, type, content, timeout_seconds, environment, limits)
       VALUES ($1, 1, 'BASH', 'true', 60, '[]', '{}')`,
      [versionId],
    );
    await dataSource.query(
      `INSERT INTO executions (id, event_version_id, event_name, event_type, owner_id, state, trigger, created_at, started_at, ended_at)
       SELECT gen_random_uuid(), $1, 'event', 'BASH', $2, state, 'manual', at, at + interval '1 s', CASE WHEN state <> 'running' THEN at + interval '3 s' END
         FROM unnest('{succeeded,succeeded,timed_out,running}'::text[]) AS given(state), (SELECT now() - interval '2 days' AS at) AS begun`,
      [versionId, userId],
    );
    await dataSource.runMigrations();
    const counted = await dataSource.query<unknown[]>(
      `SELECT owner_id = $1 AS own, succeeded, failed, (SELECT sum(n) FROM unnest(runs) n)::integer AS runs, runs = waits AS "isSame"
         FROM execution_quarters JOIN execution_hours hours USING (owner_id) ORDER BY own`,
      [userId],
    );
    const figures = { succeeded: 2, failed: 1, runs: 3, isSame: false };
    expect(counted).toEqual([
      { own: false, ...figures },
      { own: true, ...figures },
    ]);
    await dataSource.query('TRUNCATE execution_quarters, execution_hours');
    await dataSource.query('DELETE FROM executions WHERE owner_id = $1', [userId]);
    await dataSource.query('DELETE FROM event_versions WHERE id = $1', [versionId]);
    await dataSource.query('DELETE FROM users WHERE id = $1', [userId]);
  });

  it('make the schema that the entities describe', async () => {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log();
    // Entities say neither constraints, nor indexes, nor defaults, nor the milliseconds of timestamps: those are the migrations' alone.
    // Whatever else TypeORM would do is a column that one of the two lacks, or has with another type or nullability.
    const migrationsAlone =
      /^(DROP INDEX|ALTER TABLE "\w+" (DROP CONSTRAINT|ALTER COLUMN "\w+" (DROP DEFAULT$|TYPE TIMESTAMP WITH TIME ZONE$)))/;
    const queries = upQueries.map(({ query }) => query);
    expect(queries).not.toEqual([]);
    expect(queries.filter((query) => !migrationsAlone.test(query))).toEqual([]);
  });

  it('insert Local Execution, which belongs to nobody', async () => {
    expect(
      await dataSource.query(
        'SELECT id, name, type, is_system_managed, owner_id, container_config FROM servers',
      ),
    ).toEqual([
      {
        id: localExecutionId,
        name: 'Local Execution',
        type: 'container',
        is_system_managed: true,
        owner_id: null,
        container_config: {},
      },
    ]);
  });

  describe('let the database refuse', () => {
    const userId = uuid();
    const eventId = uuid();

    beforeAll(async () => {
      await dataSource.query(
        `INSERT INTO users (id, email, name, role, password_hash) VALUES ($1, 'Ada@example.com', 'Ada', 'USER', '')`,
        [userId],
      );
      await dataSource.query(insertEvent('BASH', 60), [eventId, userId]);
    });

    const insertEvent = (type: string, timeout: number) =>
      `INSERT INTO events (id, owner_id, name, type, content, schedule, timeout_seconds)
       VALUES ($1, $2, 'event', '${type}', 'true', '{}', ${timeout})`;
    const insertServer = (type: string, system: boolean, config: string) =>
      `INSERT INTO servers (id, name, type, is_system_managed, owner_id, container_config)
       VALUES ($1, 'server', '${type}', ${system}, $2, ${config})`;
    const insertUser = (email: string, role: string, status: string) =>
      `INSERT INTO users (id, email, name, role, status, password_hash, created_at)
       SELECT $1, '${email}', 'x', '${role}', '${status}', '', created_at FROM users WHERE id = $2`;

    it.each([
      [
        'a container server without a configuration',
        'servers_container_config',
        insertServer('container', false, 'NULL'),
      ],
      ['an ssh server with one', 'servers_container_config', insertServer('ssh', false, `'{}'`)],
      ['a system-managed server with an owner', 'servers_owner', insertServer('container', true, `'{}'`)],
      ['a server of no known type', 'servers_type_check', insertServer('kubernetes', false, 'NULL')],
      ['a second user with the same e-mail', 'users_email', insertUser('ADA@EXAMPLE.COM', 'USER', 'ACTIVE')],
      ['a user of no known role', 'users_role_check', insertUser('b@example.com', 'ROOT', 'ACTIVE')],
      ['a user of no known status', 'users_status_check', insertUser('b@example.com', 'USER', 'ASLEEP')],
      ['an event in no known language', 'events_type_check', insertEvent('COBOL', 60)],
      ['an event without time to run', 'events_timeout_seconds_check', insertEvent('BASH', 0)],
    ])('%s', async (_, constraint, statement) => {
      await expect(dataSource.query(statement, [uuid(), userId])).rejects.toMatchObject({
        driverError: { constraint },
      });
    });

    it('a server of nobody that is not system-managed', async () => {
      await expect(
        dataSource.query(`INSERT INTO servers (id, name, type) VALUES ($1, 'x', 'ssh')`, [uuid()]),
      ).rejects.toMatchObject({ driverError: { constraint: 'servers_owner' } });
    });

    it('a second execution with one idempotency key, a job in no known state, and nothing that is right', async () => {
      const versionId = uuid();
      await dataSource.query(
        `INSERT INTO event_versions (id, event_id, version, type, content, timeout_seconds, environment, limits)
         VALUES ($1, $2, 1, 'BASH', 'true', 60, '[]', '{}')`,
        [versionId, eventId],
      );
      const execute = (id: string, key: string | null, trigger = 'manual') =>
        dataSource.query(
          `INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger, idempotency_key)
           VALUES ($1, $2, $3, 'event', 'BASH', $4, 'queued', $5, $6)`,
          [id, eventId, versionId, userId, trigger, key],
        );
      const first = uuid();
      await execute(first, 'key');
      await execute(uuid(), null);
      await execute(uuid(), null);
      await expect(execute(uuid(), 'key')).rejects.toMatchObject({
        driverError: { constraint: 'executions_idempotency' },
      });
      await expect(execute(uuid(), null, 'moon')).rejects.toMatchObject({
        driverError: { constraint: 'executions_trigger_check' },
      });
      const queue = (state: string) =>
        dataSource.query(
          `INSERT INTO jobs (id, execution_id, owner_id, server_id, server_name, server_type, position, state)
           VALUES ($1, $2, $5, $3, 'Local Execution', 'container', 0, $4)`,
          [uuid(), first, localExecutionId, state, userId],
        );
      await queue('queued');
      await expect(queue('asleep')).rejects.toMatchObject({
        driverError: { constraint: 'jobs_state_check' },
      });
    });
  });
});

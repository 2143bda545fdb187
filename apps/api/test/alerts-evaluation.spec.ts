import type { Alert, AlertDetails, AlertKind, AlertRuleList, Event, Page, Session } from '@cronium/contracts';
import request from 'supertest';
import { v7 as uuid } from 'uuid';

import { type AlertFixture, startAlertFixture } from './alert-fixture';
import { insertServer } from './insert-server';

const minute = 60_000;

describe('the evaluation of rules', () => {
  let fixture: AlertFixture;
  let admin: Session;
  let user: Session;
  let serverId: string;
  let event: Event;

  beforeAll(async () => {
    fixture = await startAlertFixture();
    admin = await fixture.app.signIn('ADMIN');
    user = await fixture.app.signIn('USER');
    serverId = await insertServer(fixture.app, user.user.id, {}, { name: 'Web' });
    event = await fixture.createEvent(user);
    // The machine's own disk may be short.
    await fixture.setRule('disk_short', { threshold: 100 });
  });
  afterAll(() => fixture.app.close());
  afterEach(async () => {
    for (const table of [
      'alerts',
      'alert_conditions',
      'server_health',
      'process_reports',
      'executions',
      'failed_sign_ins',
    ])
      await fixture.database.query(`DELETE FROM ${table}`);
  });

  const start = Date.now();
  const at = (minutes: number) => new Date(start + minutes * minute);
  const open = async (kind: AlertKind): Promise<Alert[]> =>
    ((await fixture.app.as(admin, 'get', `/alerts?open=true&kind=${kind}`).expect(200)).body as Page<Alert>)
      .items;
  const execute = (statement: string, values: unknown[] = []) => fixture.database.query(statement, values);
  const setHealth = (healthy: boolean) =>
    execute(
      `INSERT INTO server_health (server_id, healthy, checked_at, latency_ms, reason, failures, next_check_at)
       VALUES ($1, $2, now(), 1, $3, 1, now())
       ON CONFLICT (server_id) DO UPDATE SET healthy = excluded.healthy, reason = excluded.reason`,
      [serverId, healthy, healthy ? null : { code: 'host_unreachable', message: 'It does not answer.' }],
    );
  const report = (usage: object) =>
    execute('INSERT INTO process_reports (process_id, at, report) VALUES ($1, $2, $3)', [
      ...[uuid(), at(0), JSON.stringify({ servers: { [serverId]: usage }, jobs: {} })],
    ]);

  it('finds every shipped rule, and nothing wrong', async () => {
    const { items } = (await fixture.app.as(admin, 'get', '/alert-rules').expect(200)).body as AlertRuleList;
    expect(items).toHaveLength(13);
    expect(items.every(({ enabled }) => enabled)).toBe(true);
    expect(await fixture.evaluator.evaluate(at(0))).toBeNull();
    expect(await execute('SELECT * FROM alerts')).toEqual([]);
    expect(await execute('SELECT * FROM alert_conditions')).toEqual([]);
  });

  it('costs one statement when nothing is wrong', async () => {
    let statements = 0;
    const spy = jest.spyOn(fixture.database.manager, 'query').mockImplementation((...call) => {
      statements += 1;
      return fixture.database.query(...(call as [string, unknown[]]));
    });
    await fixture.evaluator.evaluate(at(0));
    spy.mockRestore();
    expect(statements).toBe(1);
  });

  it('opens an alert once a server was unhealthy for as long as the rule says, and resolves it', async () => {
    await setHealth(false);
    await fixture.evaluator.evaluate(at(0));
    await fixture.evaluator.evaluate(at(1));
    expect(await open('server_unhealthy')).toEqual([]);
    await fixture.evaluator.evaluate(at(2));
    await fixture.evaluator.evaluate(at(3));
    expect(await open('server_unhealthy')).toMatchObject([
      {
        ...{ severity: 'critical', state: 'open', title: '“Web” is not healthy', count: 1 },
        ...{ server: { id: serverId, name: 'Web' }, details: { code: 'host_unreachable' } },
      },
    ]);
    await setHealth(true);
    await fixture.evaluator.evaluate(at(4));
    expect(await open('server_unhealthy')).toEqual([]);
    const [row] = await execute('SELECT id FROM alerts');
    const { body } = await fixture.app.as(admin, 'get', `/alerts/${(row as Alert).id}`).expect(200);
    expect(body).toMatchObject({
      state: 'resolved',
      resolvedAt: at(4).toISOString(),
      history: [{ kind: 'opened' }, { kind: 'resolved', by: null }],
    });
    expect((body as AlertDetails).openedAt).toBe(at(2).toISOString());
  });

  it('is made by one process at a time', async () => {
    await setHealth(false);
    await fixture.evaluator.evaluate(at(0));
    await Promise.all(Array.from({ length: 5 }, () => fixture.evaluator.evaluate(at(2))));
    expect(await open('server_unhealthy')).toHaveLength(1);
    expect(await execute('SELECT kind FROM alert_changes')).toEqual([{ kind: 'opened' }]);
  });

  it('says nothing of Local Execution where nobody may use it', async () => {
    await setHealth(true);
    await execute(
      `INSERT INTO server_health (server_id, healthy, checked_at, latency_ms, reason, failures, next_check_at)
       SELECT id, false, now(), 1, '{"code": "engine_unavailable", "message": "No engine"}', 1, now() FROM servers WHERE is_system_managed`,
    );
    await fixture.app
      .as(admin, 'patch', '/settings')
      .send({ local_execution_access: 'disabled' })
      .expect(200);
    await fixture.evaluator.evaluate(at(0));
    expect(await execute('SELECT * FROM alert_conditions')).toEqual([]);
    await fixture.app
      .as(admin, 'patch', '/settings')
      .send({ local_execution_access: 'all_users' })
      .expect(200);
    await fixture.evaluator.evaluate(at(0));
    expect(await execute('SELECT kind FROM alert_conditions')).toEqual([{ kind: 'server_unhealthy' }]);
  });

  it('knows what is short where somebody measures', async () => {
    await report({
      memory: { usedBytes: 96, limitBytes: 100 },
      disk: { usedBytes: 98, limitBytes: 100 },
      pool: { ready: 0, starting: 1, inUse: 4 },
    });
    await fixture.setRule('disk_short', { threshold: 90, for_seconds: 0 });
    await fixture.setRule('memory_short', { for_seconds: 0 });
    await fixture.setRule('pool_exhausted', { for_seconds: 0 });
    await fixture.evaluator.evaluate(at(0));
    await fixture.setRule('disk_short', { threshold: 100 });
    expect(await open('memory_short')).toMatchObject([
      {
        title: 'The memory of “Web” is 96 % used',
        severity: 'warning',
        details: { value: 96, threshold: 95 },
      },
    ]);
    expect((await open('disk_short')).filter(({ server }) => server)).toMatchObject([
      { title: 'The disk of “Web” is 98 % full', severity: 'critical' },
    ]);
    expect(await open('pool_exhausted')).toMatchObject([{ title: '“Web” has no sandbox ready' }]);
    // What nobody measures any more is not over.
    await fixture.evaluator.evaluate(at(2));
    expect(await open('memory_short')).toHaveLength(1);
    await execute('DELETE FROM process_reports');
    await report({ memory: { usedBytes: 5, limitBytes: 100 }, disk: { usedBytes: 1, limitBytes: 0 } });
    await fixture.evaluator.evaluate(at(0));
    expect(await open('memory_short')).toEqual([]);
  });

  it('knows what is short of hosts that are measured each minute, by the newest figure', async () => {
    const measure = (minutes: number, memory: number) =>
      execute(
        `INSERT INTO server_usage (server_id, at, cpu_percent, cores, memory_used, memory_limit, disk_used, disk_limit)
         VALUES ($1, $2, 1, 1, $3, 100, 1, 100)`,
        [serverId, at(minutes), memory],
      );
    await measure(-2, 10);
    await measure(-1, 99);
    await fixture.evaluator.evaluate(at(0));
    expect(await open('memory_short')).toMatchObject([{ title: 'The memory of “Web” is 99 % used' }]);
    await fixture.evaluator.evaluate(at(3));
    expect(await open('memory_short')).toHaveLength(1);
    await measure(4, 20);
    await fixture.evaluator.evaluate(at(4));
    expect(await open('memory_short')).toEqual([]);
    await execute('DELETE FROM server_usage');
  });

  it('knows the machine of a container server from what it has left, and not from what its jobs use', async () => {
    await report({
      memory: { usedBytes: 99, limitBytes: 100 },
      disk: { usedBytes: 99, limitBytes: 100 },
      host: { memoryAvailableBytes: 3, memoryTotalBytes: 100, diskFreeBytes: 50, diskTotalBytes: 100 },
    });
    await fixture.evaluator.evaluate(at(0));
    expect(await open('memory_short')).toMatchObject([{ title: 'The memory of “Web” is 97 % used' }]);
    expect((await open('disk_short')).filter(({ server }) => server)).toEqual([]);
  });

  it('finds short what has too little left for more jobs, whatever the threshold', async () => {
    await setHealth(true);
    const pressure = { resource: 'disk', availableBytes: 5, floorBytes: 10, since: at(0).toISOString() };
    await execute('UPDATE server_health SET pressure = $1', [pressure]);
    await fixture.evaluator.evaluate(at(0));
    expect((await open('disk_short')).filter(({ server }) => server)).toMatchObject([
      {
        title: 'The disk of “Web” has too little left for more jobs',
        severity: 'warning',
        details: { availableBytes: 5, floorBytes: 10 },
      },
    ]);
    expect(await open('memory_short')).toEqual([]);
    await execute('UPDATE server_health SET pressure = NULL');
    await execute(
      `INSERT INTO server_usage (server_id, at, cpu_percent, cores, memory_used, memory_limit, disk_used, disk_limit)
       VALUES ($1, $2, 1, 1, 1, 100, 50, 100)`,
      [serverId, at(1)],
    );
    await fixture.evaluator.evaluate(at(1));
    expect((await open('disk_short')).filter(({ server }) => server)).toEqual([]);
    await execute('DELETE FROM server_usage');
  });

  it('knows from a server’s last check that no sandbox of its pool is ready, while nobody looks', async () => {
    await fixture.setRule('pool_exhausted', { for_seconds: 60 });
    await setHealth(true);
    const found = (pool: object, minutes: number) =>
      execute('UPDATE server_health SET pool = $1, checked_at = $2', [JSON.stringify(pool), at(minutes)]);
    for (const minutes of [0, 1]) {
      await found({ ready: 0, starting: 2, inUse: 4 }, minutes);
      await fixture.evaluator.evaluate(at(minutes));
    }
    expect(await open('pool_exhausted')).toMatchObject([
      { title: '“Web” has no sandbox ready', details: { inUse: 4 } },
    ]);
    await found({ ready: 2, starting: 0, inUse: 4 }, 2);
    await fixture.evaluator.evaluate(at(2));
    expect(await open('pool_exhausted')).toEqual([]);
  });

  it('knows the disk of the data', async () => {
    await fixture.setRule('disk_short', { threshold: 0, for_seconds: 0 });
    await fixture.evaluator.evaluate(at(0));
    expect(await open('disk_short')).toMatchObject([{ server: null, event: null }]);
    await fixture.setRule('disk_short', { threshold: 100 });
    await fixture.evaluator.evaluate(at(1));
    expect(await open('disk_short')).toEqual([]);
  });

  describe('of a queue', () => {
    const queue = async (count: number, columns: Readonly<Record<string, unknown>> = {}) => {
      const executionId = await fixture.insertExecution(event, { state: 'queued' });
      const extra = Object.keys(columns).map((name, index) => [name, `$${index + 5}`] as const);
      await execute(
        `INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state
                           ${extra.map(([name]) => `, ${name}`).join('')})
         SELECT gen_random_uuid(), $1, $2, $3, $4, 'Web', 'container', n, 'queued' ${extra.map(([, place]) => `, ${place}`).join('')}
           FROM generate_series(1, ${count}) n`,
        [executionId, user.user.id, event.id, serverId, ...Object.values(columns)],
      );
    };

    it('counts what has a turn', async () => {
      await fixture.setRule('queue_growing', { threshold: 10, critical_threshold: 20, for_seconds: 0 });
      await queue(9);
      await queue(50, { not_before: at(60) });
      await queue(50, { waiting_for: '{}', waiting_since: at(0), wait_until: at(9) });
      await fixture.evaluator.evaluate(at(0));
      expect(await open('queue_growing')).toEqual([]);
      await queue(1);
      await fixture.evaluator.evaluate(at(0));
      expect(await open('queue_growing')).toMatchObject([
        { title: '10 jobs or more wait for “Web”', severity: 'warning' },
      ]);
      await queue(100);
      await fixture.evaluator.evaluate(at(1));
      expect(await open('queue_growing')).toMatchObject([
        { title: '20 jobs or more wait for “Web”', severity: 'critical', count: 1 },
      ]);
      expect(await execute(`SELECT kind FROM alert_changes ORDER BY at`)).toEqual([
        { kind: 'opened' },
        { kind: 'severity_raised' },
      ]);
    });

    it('knows how long the oldest has waited', async () => {
      await queue(1, { queued_at: at(-14) });
      await queue(1, { queued_at: at(-60), not_before: at(-1) });
      await fixture.evaluator.evaluate(at(0));
      expect(await open('queue_stalled')).toEqual([]);
      await execute('DELETE FROM jobs WHERE not_before IS NOT NULL');
      await fixture.evaluator.evaluate(at(2));
      expect(await open('queue_stalled')).toMatchObject([
        { title: expect.stringMatching('A job has waited for “Web” for 1[56]m') as string },
      ]);
    });
  });

  it('opens one of an event that failed several times in a row, until it succeeds', async () => {
    const run = (state: string, minutes: number) =>
      fixture.insertExecution(event, { state, created_at: at(minutes), ended_at: at(minutes) });
    await run('succeeded', -10);
    await run('failed', -9);
    await run('cancelled', -8);
    await run('timed_out', -7);
    await fixture.evaluator.evaluate(at(0));
    expect(await open('failure_streak')).toEqual([]);
    const last = await run('partial', -6);
    await fixture.evaluator.evaluate(at(0));
    expect(await open('failure_streak')).toMatchObject([
      {
        ...{ title: '“Nightly” failed 3 times in a row', severity: 'warning' },
        ...{ event: { id: event.id }, details: { value: 3, lastExecutionId: last } },
      },
    ]);
    // Long after its last failure it goes on.
    await fixture.evaluator.evaluate(at(24 * 60));
    expect(await open('failure_streak')).toHaveLength(1);
    await run('succeeded', 1);
    await fixture.evaluator.evaluate(at(2));
    expect(await open('failure_streak')).toEqual([]);
  });

  it('opens one of a run that starts late, or does not start', async () => {
    await fixture.insertExecution(event, { due_at: at(-10), started_at: at(-9.1), ended_at: at(-9) });
    await fixture.evaluator.evaluate(at(0));
    expect(await open('late_schedule')).toEqual([]);
    await fixture.insertExecution(event, { due_at: at(-8), started_at: at(-6), ended_at: at(-5) });
    await fixture.evaluator.evaluate(at(0));
    expect(await open('late_schedule')).toMatchObject([{ title: '“Nightly” started 2m 00s late' }]);
    await fixture.evaluator.evaluate(at(10));
    expect(await open('late_schedule')).toEqual([]);
    await fixture.insertExecution(event, { state: 'queued', due_at: at(-20) });
    await fixture.evaluator.evaluate(at(0));
    expect(await open('late_schedule')).toMatchObject([
      { title: '“Nightly” is 20m 00s late, and has not started', severity: 'critical' },
    ]);
  });

  it('counts jobs that met a limit', async () => {
    const executionId = await fixture.insertExecution(event, { ended_at: at(0) });
    const end = (code: string, minutes: number) =>
      execute(
        `INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state, error, ended_at)
         VALUES (gen_random_uuid(), $1, $2, $3, $4, 'Web', 'container', 0, 'failed', $5, $6)`,
        [executionId, user.user.id, event.id, serverId, { code, message: '', platform: false }, at(minutes)],
      );
    for (const code of ['timeout', 'out_of_memory', 'output_limit', 'timeout']) await end(code, -5);
    await end('script_lost', -5);
    await end('timeout', -61);
    await fixture.evaluator.evaluate(at(0));
    expect(await open('limit_kills')).toEqual([]);
    await end('disk_full', -1);
    await fixture.evaluator.evaluate(at(0));
    expect(await open('limit_kills')).toMatchObject([
      {
        title: '5 jobs of “Nightly” met a limit within an hour',
        details: { codes: 'disk_full, out_of_memory, output_limit, timeout' },
      },
    ]);
  });

  it('counts sign-ins that failed', async () => {
    for (let count = 0; count < 20; count += 1)
      await request(fixture.app.server)
        .post('/api/auth/login')
        .send({ email: 'admin@example.com', password: 'wrong' })
        .expect(401);
    await fixture.evaluator.evaluate(at(1));
    expect(await open('sign_in_attacks')).toMatchObject([
      {
        ...{ title: '20 sign-ins failed within 15 minutes', severity: 'critical', server: null, event: null },
        details: { addresses: 1, fromThere: 20 },
      },
    ]);
    await fixture.evaluator.evaluate(at(30));
    expect(await open('sign_in_attacks')).toEqual([]);
  });

  it('knows when the installation was backed up', async () => {
    await fixture.evaluator.evaluate(at(8 * 24 * 60 + 5));
    expect(await open('backup_old')).toMatchObject([
      { title: 'There is no backup of Cronium after 8 days', severity: 'warning' },
    ]);
    await execute(
      `INSERT INTO backups (id, at, file_name, bytes, rows, took_ms) VALUES (gen_random_uuid(), $1, 'backup', 1, 1, 1)`,
      [at(8 * 24 * 60)],
    );
    await fixture.evaluator.evaluate(at(8 * 24 * 60 + 1));
    expect(await open('backup_old')).toEqual([]);
    await fixture.evaluator.evaluate(at(40 * 24 * 60));
    expect(await open('backup_old')).toMatchObject([
      { title: 'The last backup is 32 days old', severity: 'critical' },
    ]);
    await execute('DELETE FROM backups');
  });

  it('resolves the alerts of a rule that is switched off', async () => {
    await setHealth(false);
    await fixture.evaluator.evaluate(at(0));
    await fixture.evaluator.evaluate(at(2));
    await fixture.raise({ kind: 'did_not_run', subject: { eventId: event.id }, title: 'x', details: {} });
    await fixture.setRule('server_unhealthy', { enabled: false });
    await fixture.setRule('did_not_run', { enabled: false });
    await fixture.raise({ kind: 'did_not_run', subject: { eventId: event.id }, title: 'y', details: {} });
    await fixture.evaluator.evaluate(at(3));
    expect(await execute(`SELECT kind, state, title FROM alerts ORDER BY kind`)).toEqual([
      { kind: 'did_not_run', state: 'resolved', title: 'x' },
      { kind: 'server_unhealthy', state: 'resolved', title: '“Web” is not healthy' },
    ]);
    await fixture.setRule('server_unhealthy', { enabled: true });
    await fixture.setRule('did_not_run', { enabled: true });
  });

  it('opens anew what a person has resolved and goes on', async () => {
    await setHealth(false);
    await fixture.evaluator.evaluate(at(0));
    await fixture.evaluator.evaluate(at(2));
    const [alert] = await open('server_unhealthy');
    await fixture.app
      .as(user, 'post', `/alerts/${alert?.id ?? ''}/resolve`)
      .send({ note: 'Rebooted' })
      .expect(200);
    await fixture.evaluator.evaluate(at(3));
    expect(await open('server_unhealthy')).toEqual([]);
    await fixture.evaluator.evaluate(at(5));
    expect(await open('server_unhealthy')).toHaveLength(1);
  });
});

import {
  changedSettingsSchema,
  settingChangePageSchema,
  settingsSchema,
  type Session,
} from '@cronium/contracts';
import { DataSource } from 'typeorm';

import { localExecutionId } from '../src/servers/local-execution';
import { onFake, startTestApp, type TestApp } from './test-app';

describe('settings', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  const change = (body: object, ifMatch?: string) => {
    const request = app.as(admin, 'patch', '/settings');
    return (ifMatch === undefined ? request : request.set('If-Match', ifMatch)).send(body);
  };
  const read = async () => settingsSchema.parse((await app.as(admin, 'get', '/settings').expect(200)).body);

  it('are for administrators', async () => {
    for (const [method, path] of [
      ['get', '/settings'],
      ['patch', '/settings'],
      ['get', '/settings/history'],
    ] as const) {
      await app.as(user, method, path).send({}).expect(403);
    }
  });

  it('are the configuration of Local Execution too, and hold at once', async () => {
    const answer = await change({
      local_execution_limits: { memoryMb: 256 },
      local_execution_max_concurrent_jobs: 3,
      local_execution_pool_size: 1,
      local_execution_when_unhealthy: 'wait',
      local_execution_wait_minutes: 3,
    }).expect(200);
    const settings = changedSettingsSchema.parse(answer.body);
    expect(settings.local_execution_limits).toMatchObject({ memoryMb: 256, cpu: 1 });
    const server = await app.as(admin, 'get', `/servers/${localExecutionId}`).expect(200);
    expect(server.body).toMatchObject({
      maxConcurrentJobs: 3,
      limits: { memoryMb: 256 },
      containerConfig: { pool: { size: 1, refillConcurrency: 2 } },
      ...{ whenUnhealthy: 'wait', waitMinutes: 3 },
    });
    // By itself it changes nothing else.
    await change({ local_execution_when_unhealthy: 'fail' }).expect(200);
    expect(await read()).toMatchObject({
      ...{ local_execution_when_unhealthy: 'fail', local_execution_wait_minutes: 3 },
      local_execution_pool_size: 1,
    });
  });

  it.each([
    [{ local_execution_access: 'everyone' }, 'body.local_execution_access'],
    [{ local_execution_limits: { memoryMb: 1 } }, 'body.local_execution_limits.memoryMb'],
    [{ local_execution_pool_size: 65 }, 'body.local_execution_pool_size'],
    [{ local_execution_wait_minutes: 1441 }, 'body.local_execution_wait_minutes'],
    [{ retention_logs_days: 0 }, 'body.retention_logs_days'],
    [{ colour: 'blue' }, 'body'],
  ])('refuse %j at its field', async (body, path) => {
    const answer = await change(body).expect(400);
    expect((answer.body as { errors: { path: string }[] }).errors.map((error) => error.path)).toContain(path);
  });

  it('are not overwritten silently: the second of two administrators is told', async () => {
    const etag = String((await app.as(admin, 'get', '/settings')).headers['etag']);
    const first = await change({ retention_logs_days: 30 }, etag).expect(200);
    const second = await change({ retention_logs_days: 60 }, etag).expect(412);
    expect(second.body).toMatchObject({ code: 'settings_changed' });
    await change({ retention_logs_days: 60 }, String(first.headers['etag'])).expect(200);
    await change({ retention_logs_days: 61 }).expect(200);
    await change({ retention_logs_days: 62 }, 'nonsense').expect(400);
    expect((await read()).retention_logs_days).toBe(61);
  });

  it('let only one of two changes at the same instant through', async () => {
    const etag = String((await app.as(admin, 'get', '/settings')).headers['etag']);
    const answers = await Promise.all([
      change({ retention_logs_mb: 10 }, etag),
      change({ retention_logs_mb: 20 }, etag),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
  });

  it('keep their history', async () => {
    await change({ local_execution_access: 'admin_only' }).expect(200);
    await change({ local_execution_access: 'admin_only' }).expect(200);
    await change({ local_execution_access: 'all_users' }).expect(200);
    const page = settingChangePageSchema.parse(
      (await app.as(admin, 'get', '/settings/history?limit=2')).body,
    );
    expect(page.items).toMatchObject([
      { key: 'local_execution_access', before: 'admin_only', after: 'all_users', by: { id: admin.user.id } },
      { key: 'local_execution_access', before: 'all_users', after: 'admin_only' },
    ]);
    const [audit] = await app.app
      .get(DataSource)
      .query<{ details: { keys: string[] } }[]>(
        `SELECT details FROM audit_log WHERE action = 'settings.changed' ORDER BY at DESC`,
      );
    expect(audit?.details.keys).toEqual(['local_execution_access']);
    await expect(app.app.get(DataSource).query('DELETE FROM audit_log')).rejects.toThrow('append-only');
  });

  it('say which events cannot run any more', async () => {
    const body = { name: 'Nightly', type: 'BASH', content: 'true' };
    const mine = await app.as(user, 'post', '/events').send(body).expect(201);
    const answer = await change({ local_execution_access: 'admin_only' }).expect(200);
    expect(changedSettingsSchema.parse(answer.body).blockedEvents).toEqual({
      count: 1,
      items: [
        {
          id: (mine.body as { id: string }).id,
          name: 'Nightly',
          owner: { id: user.user.id, name: user.user.name },
        },
      ],
    });
    await change({ local_execution_access: 'all_users' }).expect(200);
  });
});

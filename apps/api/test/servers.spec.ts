import { type Server, serverPageSchema, serverSchema, type Session } from '@cronium/contracts';
import { ExecutionError, FakeServer } from '@cronium/execution';
import { healthStatusSchema } from '@cronium/server-types';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { localExecutionId } from '../src/servers/local-execution';
import { insertServer } from './insert-server';
import { expectProblem, expectRefused, readPages, wrongListQueries } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

const local = `/servers/${localExecutionId}`;

describe('servers', () => {
  const fake = new FakeServer();
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let owner: Session;
  let ownedId: string;

  beforeAll(async () => {
    app = await startTestApp(onFake(fake));
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    owner = await app.signIn('USER', 'owner@example.com');
    ownedId = await insertServer(app, owner.user.id);
  });
  afterAll(() => app.close());

  const allowLocalExecution = (access: string) =>
    app.app
      .get(DataSource)
      .query(`UPDATE system_settings SET value = to_jsonb($1::text) WHERE key = 'local_execution_access'`, [
        access,
      ]);

  const idsFor = async (session: Session) => {
    const answer = await app.as(session, 'get', '/servers').expect(200);
    return serverPageSchema.parse(answer.body).items.map(({ id }) => id);
  };

  it('lists what the caller may use, Local Execution first', async () => {
    expect(await idsFor(user)).toEqual([localExecutionId]);
    expect(await idsFor(owner)).toEqual([localExecutionId, ownedId]);
    expect(await idsFor(admin)).toEqual([localExecutionId]);
  });

  it('shows Local Execution with every default', async () => {
    const answer = await app.as(user, 'get', local).expect(200);
    expect(serverSchema.parse(answer.body)).toMatchObject({
      name: 'Local Execution',
      type: 'container',
      isSystemManaged: true,
      containerConfig: { isolation: 'job', containerName: 'cronium-executor', maxConcurrentJobs: 16 },
      health: { healthy: true },
    });
  });

  it.each<['get' | 'patch' | 'post', string]>([
    ['get', ''],
    ['patch', ''],
    ['post', '/check'],
  ])('%s /servers/:id%s is for who may see the server', async (method, suffix) => {
    const body = method === 'patch' ? { containerConfig: {} } : undefined;
    await request(app.server)[method](`/api/servers/${ownedId}${suffix}`).expect(401);
    const stranger = await app.as(user, method, `/servers/${ownedId}${suffix}`).send(body);
    expectProblem(stranger, 404, 'server_not_found');
    expectProblem(
      await app.as(admin, method, `/servers/${uuid()}${suffix}`).send(body),
      404,
      'server_not_found',
    );
    expectRefused(await app.as(admin, method, `/servers/1${suffix}`).send(body), ['path.id']);
    await app.as(admin, method, `/servers/${ownedId}${suffix}`).send(body).expect(200);
  });

  it.each([
    ['disabled', false, false],
    ['admin_only', true, false],
    ['all_users', true, true],
  ])('shows Local Execution as the setting %s allows', async (access, toAdmin, toUser) => {
    await allowLocalExecution(access);
    try {
      for (const [session, may] of [
        [admin, toAdmin],
        [user, toUser],
      ] as const) {
        expect((await idsFor(session)).includes(localExecutionId)).toBe(may);
        // Administrators see it in any case, since they configure it.
        await app.as(session, 'get', local).expect(may || session === admin ? 200 : 404);
        const event = { name: 'x', type: 'BASH', content: 'true' };
        const created = await app.as(session, 'post', '/events').send(event);
        if (may) expect(created.status).toBe(201);
        else expectRefused(created, ['body.serverIds.0']);
      }
    } finally {
      await allowLocalExecution('all_users');
    }
  });

  it('does not run an event where its owner may no longer run it', async () => {
    const event = (
      await app.as(user, 'post', '/events').send({ name: 'x', type: 'BASH', content: 'true' }).expect(201)
    ).body as { id: string };
    await allowLocalExecution('admin_only');
    try {
      expectRefused(await app.as(user, 'post', `/events/${event.id}/run`).send({}), ['body.serverIds.0']);
    } finally {
      await allowLocalExecution('all_users');
    }
  });

  describe('PATCH /servers/:id', () => {
    const change = (containerConfig: object) => app.as(admin, 'patch', local).send({ containerConfig });

    it('changes what is given and keeps the rest', async () => {
      const before = serverSchema.parse((await app.as(admin, 'get', local)).body);
      const answer = await change({
        maxConcurrentJobs: 3,
        resourceLimits: { memoryMb: 128 },
        pool: { size: 1 },
      });
      const after = serverSchema.parse(answer.body);
      expect(after.containerConfig).toEqual({
        ...before.containerConfig,
        maxConcurrentJobs: 3,
        resourceLimits: { ...before.containerConfig?.resourceLimits, memoryMb: 128 },
        pool: { ...before.containerConfig?.pool, size: 1 },
      });
      expect(serverSchema.parse((await app.as(admin, 'get', local)).body)).toEqual(after);
    });

    it('is for administrators, also on a server of one’s own', async () => {
      const change = { containerConfig: { isolation: 'namespace' } };
      expectProblem(await app.as(owner, 'patch', local).send(change), 403, 'manage_required');
      expectProblem(await app.as(owner, 'patch', `/servers/${ownedId}`).send(change), 403, 'forbidden');
      for (const id of [localExecutionId, ownedId]) {
        const { body } = await app.as(admin, 'get', `/servers/${id}`).expect(200);
        expect(serverSchema.parse(body).containerConfig?.isolation).toBe('job');
      }
    });

    it.each(['use', 'manage'])('does not let a person who may %s it choose its isolation', async (level) => {
      const guest = await app.signIn('USER', `${level}@example.com`);
      const items = [{ email: guest.user.email, level }];
      await app.as(owner, 'put', `/servers/${ownedId}/shares`).send({ items }).expect(200);
      const change = { containerConfig: { isolation: 'shared' } };
      const refused = await app.as(guest, 'patch', `/servers/${ownedId}`).send(change);
      expectProblem(refused, 403, level === 'use' ? 'manage_required' : 'forbidden');
    });

    it.each(['namespace', 'shared', 'job'])(
      'lets an administrator choose isolation %s',
      async (isolation) => {
        const answer = await change({ isolation }).expect(200);
        expect(serverSchema.parse(answer.body).containerConfig?.isolation).toBe(isolation);
      },
    );

    it('lets an administrator choose gVisor, and with it no isolation but a container for each job', async () => {
      const chosen = await change({ runtime: 'runsc', isolation: 'job' }).expect(200);
      expect(serverSchema.parse(chosen.body).containerConfig).toMatchObject({ runtime: 'runsc' });
      expectRefused(await change({ isolation: 'namespace' }), ['body.containerConfig.isolation']);
      await change({ runtime: 'runc', isolation: 'shared' }).expect(200);
      const refused = await change({ runtime: 'runsc' });
      expectRefused(refused, ['body.containerConfig.runtime']);
      expect(refused.text).toContain('Choose isolation “job”, or runtime “runc”');
      await change({ isolation: 'job' }).expect(200);
    });

    it.each<[object, string[]]>([
      [{ name: 'x' }, ['body.name']],
      [{ ssh: { host: 'example.com' } }, ['body.ssh']],
      [{ colour: 'blue' }, ['body']],
      [{ containerConfig: { image: 'evil:latest' } }, ['body.containerConfig']],
      [{ containerConfig: { isolation: 'none' } }, ['body.containerConfig.isolation']],
      [{ containerConfig: { runtime: 'kata' } }, ['body.containerConfig.runtime']],
      [{ containerConfig: { maxConcurrentJobs: 0 } }, ['body.containerConfig.maxConcurrentJobs']],
      [{ containerConfig: { pool: { size: 65 } } }, ['body.containerConfig.pool.size']],
      [
        { containerConfig: { resourceLimits: { memoryMb: -1 } } },
        ['body.containerConfig.resourceLimits.memoryMb'],
      ],
    ])('refuses %j', async (body, paths) => {
      expectRefused(await app.as(admin, 'patch', local).send(body), paths);
    });
  });

  it('asks a server how it is, and says why it is not well', async () => {
    fake.outage = new ExecutionError('engine_unavailable', 'The engine is down. Start it.');
    const ill = await app.as(user, 'post', `${local}/check`).expect(200);
    expect(healthStatusSchema.parse(ill.body)).toMatchObject({
      healthy: false,
      reason: { code: 'engine_unavailable', message: 'The engine is down. Start it.' },
    });
    const shown = serverSchema.parse((await app.as(user, 'get', local)).body);
    expect(shown.health).toEqual(ill.body);
    const ready = await request(app.server).get('/api/health/ready').expect(200);
    expect(ready.body).toMatchObject({
      status: 'ok',
      checks: { localExecution: { status: 'down', reason: 'The engine is down. Start it.' } },
    });
    fake.outage = undefined;
    const well = await app.as(user, 'post', `${local}/check`).expect(200);
    expect(healthStatusSchema.parse(well.body).healthy).toBe(true);
  });

  it.each(wrongListQueries)('refuses %s in a list', async (query, paths) => {
    expectRefused(await app.as(user, 'get', `/servers?${query}`), paths);
  });

  it('lists every server once, also when many were made in one instant', async () => {
    const collector = await app.signIn('USER', 'collector@example.com');
    const made: string[] = [];
    for (let count = 0; count < 5; count += 1) made.push(await insertServer(app, collector.user.id));
    await app.app
      .get(DataSource)
      .query(`UPDATE servers SET created_at = '2026-01-01T00:00:00.7Z' WHERE owner_id = $1`, [
        collector.user.id,
      ]);
    const items: Server[] = await readPages(app, collector, '/servers', serverPageSchema, 2);
    expect(items.map(({ id }) => id).filter((id) => id !== localExecutionId)).toEqual(made.sort());
  });
});

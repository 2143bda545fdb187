import {
  type Event,
  type Execution,
  type ServerJob,
  serverJobsSchema,
  type Session,
} from '@cronium/contracts';
import { ExecutionError, FakeExecutor, FakeServer } from '@cronium/execution';
import request from 'supertest';
import { v7 as uuid } from 'uuid';

import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem, expectRefused } from './expectations';
import { insertServer } from './insert-server';
import { startTestApp, type TestApp } from './test-app';

describe('the jobs on a server', () => {
  const fake = new FakeServer();
  let app: TestApp;
  let admin: Session;
  let owner: Session;
  let manager: Session;
  let friend: Session;
  let viewer: Session;
  let stranger: Session;
  let serverId: string;
  let started: Execution[];

  beforeAll(async () => {
    app = await startTestApp(() => new FakeExecutor(fake));
    admin = await app.signIn('ADMIN');
    owner = await app.signIn('USER');
    manager = await app.signIn('USER', 'manager@example.com');
    friend = await app.signIn('USER', 'friend@example.com');
    viewer = await app.signIn('VIEWER');
    stranger = await app.signIn('USER', 'stranger@example.com');
    serverId = await insertServer(app, owner.user.id, { maxConcurrentJobs: 2 });
    const items = [
      { userId: manager.user.id, level: 'manage' },
      { userId: friend.user.id, level: 'use' },
      { userId: viewer.user.id, level: 'manage' },
    ];
    await app.as(owner, 'put', `/servers/${serverId}/shares`).send({ items }).expect(200);
    started = [await run(owner, 'Nightly'), await run(friend, 'Report')];
    await until((jobs) => jobs.every(({ state }) => state === 'running'));
  });
  afterAll(() => app.close());

  const run = async (by: Session, name: string): Promise<Execution> => {
    const body = { name, type: 'BASH', content: 'echo secret\nsleep 60', serverIds: [serverId] };
    const event = (await app.as(by, 'post', '/events').send(body).expect(201)).body as Event;
    return (await app.as(by, 'post', `/events/${event.id}/run`).send({}).expect(202)).body as Execution;
  };
  const listed = async (by: Session, id = serverId) =>
    serverJobsSchema.parse((await app.as(by, 'get', `/servers/${id}/jobs`).expect(200)).body);
  const until = async (isThere: (jobs: ServerJob[]) => boolean): Promise<ServerJob[]> => {
    for (;;) {
      const { items } = await listed(owner);
      if (isThere(items)) return items;
    }
  };

  it('are everybody’s for those who may manage it', async () => {
    for (const session of [owner, manager, admin]) {
      const { count, items } = await listed(session);
      expect(count).toBe(2);
      expect(items).toMatchObject([
        {
          ...{ id: started[0]?.jobs[0]?.id, executionId: started[0]?.id, eventName: 'Nightly' },
          ...{ owner: { id: owner.user.id, name: owner.user.name }, state: 'running', waitingFor: null },
        },
        { eventName: 'Report', owner: { id: friend.user.id } },
      ]);
      expect(JSON.stringify(items)).not.toContain('secret');
    }
  });

  it('are own ones for those who may use it', async () => {
    expect(await listed(friend)).toMatchObject({ count: 1, items: [{ eventName: 'Report' }] });
    // A viewer manages nothing, whatever is shared, and runs nothing.
    expect(await listed(viewer)).toEqual({ count: 0, items: [] });
    expect(await listed(friend, localExecutionId)).toEqual({ count: 0, items: [] });
  });

  it('are nobody else’s business', async () => {
    const path = `/servers/${serverId}/jobs`;
    await request(app.server).get(`/api${path}`).expect(401);
    expectProblem(await app.as(stranger, 'get', path), 404, 'server_not_found');
    expectProblem(await app.as(admin, 'get', `/servers/${uuid()}/jobs`), 404, 'server_not_found');
    expectRefused(await app.as(owner, 'get', '/servers/1/jobs'), ['path.id']);
    // Another’s execution stays closed to those who manage the server.
    expectProblem(
      await app.as(manager, 'get', `/executions/${started[0]?.id ?? ''}`),
      404,
      'execution_not_found',
    );
  });

  it('say what they wait for, after those that run', async () => {
    await app
      .as(manager, 'patch', `/servers/${serverId}`)
      .send({ whenUnhealthy: 'wait', waitMinutes: 5 })
      .expect(200);
    await app.as(owner, 'post', `/executions/${started[0]?.id ?? ''}/cancel`).expect(202);
    fake.outage = new ExecutionError('engine_unavailable', 'The engine is down.');
    await run(owner, 'Later');
    const items = await until((jobs) => jobs.some(({ waitingFor }) => waitingFor !== null));
    expect(items).toMatchObject([
      { eventName: 'Report', state: 'running' },
      { eventName: 'Later', state: 'queued', waitingFor: { code: 'engine_unavailable' } },
    ]);
    fake.outage = undefined;
  });
});

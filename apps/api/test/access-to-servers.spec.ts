import {
  type Event,
  type Execution,
  type Page,
  type Server,
  serverPageSchema,
  serverSchema,
  type Session,
} from '@cronium/contracts';
import { FakeExecutor } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { localExecutionId } from '../src/servers/local-execution';
import { insertServer } from './insert-server';
import { startTestApp, type TestApp } from './test-app';

describe('who may use what', () => {
  let app: TestApp;
  let admin: Session;
  let owner: Session;
  let friend: Session;
  let viewer: Session;
  let serverId: string;

  beforeAll(async () => {
    app = await startTestApp(() => new FakeExecutor());
    admin = await app.signIn('ADMIN');
    owner = await app.signIn('USER');
    friend = await app.signIn('USER', 'friend@example.com');
    viewer = await app.signIn('VIEWER');
    serverId = await insertServer(app, owner.user.id, {}, { name: 'Owner’s' });
  });
  afterAll(() => app.close());

  const setAccess = (local_execution_access: string) =>
    app.as(admin, 'patch', '/settings').send({ local_execution_access }).expect(200);
  const share = (items: object[], by = owner) =>
    app.as(by, 'put', `/servers/${serverId}/shares`).send({ items });
  const listed = async (session: Session): Promise<string[]> =>
    serverPageSchema
      .parse((await app.as(session, 'get', '/servers').expect(200)).body)
      .items.map(({ name }) => name);
  const createEvent = async (session: Session, details: object): Promise<Event> => {
    const body = { name: 'Job', type: 'BASH', content: 'echo hello', ...details };
    return (await app.as(session, 'post', '/events').send(body).expect(201)).body as Event;
  };
  const run = (session: Session, event: Event) =>
    app.as(session, 'post', `/events/${event.id}/run?wait=20`).send({});

  afterEach(async () => {
    await setAccess('all_users');
    await share([]).expect(200);
  });

  it('lists precisely own, shared, and Local Execution as the setting says', async () => {
    expect(await listed(owner)).toEqual(['Local Execution', 'Owner’s']);
    expect(await listed(friend)).toEqual(['Local Execution']);
    expect(await listed(viewer)).toEqual(['Local Execution']);
    await share([
      { email: 'FRIEND@example.com', level: 'use' },
      { userId: viewer.user.id, level: 'use' },
    ]).expect(200);
    expect(await listed(friend)).toEqual(['Local Execution', 'Owner’s']);
    expect(await listed(viewer)).toEqual(['Local Execution', 'Owner’s']);
    await setAccess('admin_only');
    expect(await listed(admin)).toEqual(['Local Execution']);
    expect(await listed(friend)).toEqual(['Owner’s']);
    expect(await listed(viewer)).toEqual(['Owner’s']);
    await setAccess('disabled');
    expect(await listed(admin)).toEqual([]);
    const all = await app.as(admin, 'get', '/servers?scope=all').expect(200);
    expect((all.body as Page<Server>).items.map(({ name }) => name)).toEqual(['Local Execution', 'Owner’s']);
    await app.as(owner, 'get', '/servers?scope=all').expect(403);
  });

  it('shows and does to a server what the level of the share says', async () => {
    await share([
      { userId: friend.user.id, level: 'use' },
      { userId: viewer.user.id, level: 'manage' },
    ]).expect(200);
    const path = `/servers/${serverId}`;
    expect(serverSchema.parse((await app.as(friend, 'get', path).expect(200)).body)).toMatchObject({
      access: 'use',
      connection: null,
    });
    await app.as(friend, 'patch', path).send({ description: 'x' }).expect(403);
    await app.as(friend, 'get', `${path}/shares`).expect(403);
    await app.as(friend, 'delete', path).expect(403);
    // A viewer reads, whatever is shared.
    expect((await app.as(viewer, 'get', path).expect(200)).body).toMatchObject({ access: 'use' });
    await app.as(viewer, 'patch', path).send({ description: 'x' }).expect(403);

    await share([{ userId: friend.user.id, level: 'manage' }]).expect(200);
    await app
      .as(friend, 'patch', path)
      .send({ description: 'by a friend', tags: ['gpu'] })
      .expect(200);
    const shares = await app.as(friend, 'get', `${path}/shares`).expect(200);
    expect(shares.body).toMatchObject({
      items: [{ user: { id: friend.user.id, email: 'friend@example.com' }, level: 'manage' }],
    });
    await app.as(admin, 'patch', path).send({ description: 'by an administrator' }).expect(200);
  });

  it.each([
    [[{ email: 'nobody@example.com', level: 'use' }], 'body.items.0.email'],
    [[{ userId: '019abe00-0000-7000-8000-00000000dead', level: 'use' }], 'body.items.0.userId'],
    [[{ level: 'use' }], 'body.items.0'],
    [[{ email: 'user@example.com', level: 'use' }], 'body.items.0.email'],
    [[{ email: 'friend@example.com', level: 'own' }], 'body.items.0.level'],
  ])('refuses to share with %j', async (items, path) => {
    const answer = await share(items).expect(400);
    expect((answer.body as { errors: { path: string }[] }).errors.map((error) => error.path)).toContain(path);
  });

  it('enforces access when an event is saved and when it is triggered', async () => {
    const refused = await app
      .as(friend, 'post', '/events')
      .send({ name: 'x', type: 'BASH', content: 'true', serverIds: [serverId] })
      .expect(400);
    expect(refused.body).toMatchObject({ code: 'server_not_found', errors: [{ path: 'body.serverIds.0' }] });

    await share([{ userId: friend.user.id, level: 'use' }]).expect(200);
    const event = await createEvent(friend, { serverIds: [serverId] });
    expect((await run(friend, event)).body).toMatchObject({ state: 'succeeded' });

    const lost = await share([]).expect(200);
    expect(lost.body).toMatchObject({ blockedEvents: { count: 1, items: [{ id: event.id }] } });
    await run(friend, event).expect(400);
    // An administrator who presses Run does not lend the owner any right.
    await run(admin, event).expect(400);
  });

  it('enforces the setting at the trigger, and says so', async () => {
    const event = await createEvent(friend, {});
    await setAccess('admin_only');
    expect((await run(friend, event).expect(400)).body).toMatchObject({ code: 'local_execution_denied' });
    const own = await createEvent(admin, {});
    expect((await run(admin, own).expect(202)).body).toMatchObject({ state: 'succeeded' });
    await setAccess('disabled');
    await run(admin, own).expect(400);
  });

  it('skips a queued job whose owner has lost access, and lets what runs go on', async () => {
    await app.as(admin, 'patch', '/settings').send({ local_execution_max_concurrent_jobs: 1 }).expect(200);
    const event = await createEvent(friend, { content: 'sleep 2\necho done' });
    const start = async () =>
      (await app.as(friend, 'post', `/events/${event.id}/run`).send({}).expect(202)).body as Execution;
    const [running, queued] = [await start(), await start()];
    const stateOf = async ({ id }: Execution) =>
      (await app.as(friend, 'get', `/executions/${id}`)).body as Execution;
    while ((await stateOf(running)).state !== 'running');
    // As if a schedule had meant it: then somebody is to hear that it did not run.
    const planned = `UPDATE executions SET trigger = 'schedule', planned_at = now() WHERE id = $1`;
    await app.app.get(DataSource).query(planned, [queued.id]);
    await setAccess('admin_only');
    const end = async (execution: Execution): Promise<Execution> => {
      const now = await stateOf(execution);
      return now.endedAt === null ? end(execution) : now;
    };
    expect(await end(running)).toMatchObject({ state: 'succeeded' });
    expect(await end(queued)).toMatchObject({
      state: 'skipped',
      jobs: [{ state: 'skipped', error: { code: 'access_lost', platform: false } }],
    });
    const { body: alerts } = await app
      .as(friend, 'get', `/alerts?kind=did_not_run&eventId=${event.id}`)
      .expect(200);
    expect(alerts).toMatchObject({ items: [{ kind: 'did_not_run', details: { code: 'access_lost' } }] });
    await app.as(admin, 'patch', '/settings').send({ local_execution_max_concurrent_jobs: 16 }).expect(200);
  });

  it('does not run for a disabled owner', async () => {
    const event = await createEvent(friend, {});
    await app.as(admin, 'patch', `/users/${friend.user.id}`).send({ status: 'DISABLED' }).expect(200);
    expect((await run(admin, event).expect(409)).body).toMatchObject({ code: 'owner_disabled' });
    await app.as(admin, 'patch', `/users/${friend.user.id}`).send({ status: 'ACTIVE' }).expect(200);
  });

  it('protects the system-managed server', async () => {
    const path = `/servers/${localExecutionId}`;
    expect((await app.as(admin, 'patch', path).send({ name: 'Mine' }).expect(400)).body).toMatchObject({
      code: 'system_managed',
    });
    await app.as(admin, 'delete', `${path}?confirm=true`).expect(400);
    await app.as(admin, 'put', `${path}/shares`).send({ items: [] }).expect(400);
    await app.as(owner, 'patch', path).send({ description: 'x' }).expect(403);
  });

  it('deletes a server in use only when told to, and history keeps its name', async () => {
    const id = await insertServer(app, owner.user.id, {}, { name: 'Short-lived' });
    const event = await createEvent(owner, { name: 'Backup', serverIds: [id, serverId] });
    const execution = (await run(owner, event)).body as Execution;
    const refused = await app.as(owner, 'delete', `/servers/${id}`).expect(409);
    expect(refused.body).toMatchObject({ code: 'server_in_use' });
    expect((refused.body as { detail: string }).detail).toContain('“Backup”');
    await app.as(owner, 'delete', `/servers/${id}?confirm=true`).expect(204);
    await app.as(owner, 'get', `/servers/${id}`).expect(404);
    const after = (await app.as(owner, 'get', `/executions/${execution.id}`)).body as Execution;
    expect(after.jobs).toMatchObject([{ serverName: 'Short-lived', serverId: null }, { serverId }]);
    expect((await app.as(owner, 'get', `/events/${event.id}`)).body).toMatchObject({ serverIds: [serverId] });
  });
});

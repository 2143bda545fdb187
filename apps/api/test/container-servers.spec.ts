import {
  type Event,
  type Execution,
  type LogPage,
  type Server,
  serverSchema,
  type Session,
} from '@cronium/contracts';
import { createServerExecutor, FakeExecutor } from '@cronium/execution';
import { type HealthStatus, healthStatusSchema } from '@cronium/server-types';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource } from 'typeorm';

import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem, expectRefused } from './expectations';
import { startRemoteBroker, type TestRemoteBroker } from './remote-broker';
import { startTestApp, type TestApp } from './test-app';

jest.setTimeout(60_000);

/** From a join token to a job on a real engine, behind a broker that the API comes to over TLS. */
describe('container servers on other machines', () => {
  let app: TestApp;
  let broker: TestRemoteBroker;
  let admin: Session;
  let user: Session;
  let server: Server;

  beforeAll(async () => {
    broker = await startRemoteBroker();
    app = await startTestApp((of, context) =>
      of.type === 'container' && of.broker ? createServerExecutor(of, context) : new FakeExecutor(),
    );
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
  });
  afterAll(async () => {
    await app.close();
    await broker.close();
  });

  const post = (session: Session, path: string, body: object = {}) =>
    app.as(session, 'post', path).send(body);
  const patch = (body: object, session = admin) =>
    app.as(session, 'patch', `/servers/${server.id}`).send(body);
  const check = async (): Promise<HealthStatus> =>
    healthStatusSchema.parse((await post(admin, `/servers/${server.id}/check`).expect(200)).body);
  const details = async (joinToken?: string) => ({
    name: 'Second machine',
    type: 'container',
    broker: { address: broker.address, joinToken: joinToken ?? (await broker.joinToken()) },
    containerConfig: { pool: { size: 1 } },
  });
  const brokerRow = async (): Promise<object> => {
    const [row] = await app.app
      .get(DataSource)
      .query<object[]>('SELECT broker, broker_credentials FROM servers WHERE id = $1', [server.id]);
    return row ?? {};
  };

  it('are added by administrators, with a join token that is used then', async () => {
    const body = await details();
    expectProblem(await post(user, '/servers', body), 403, 'forbidden');
    server = serverSchema.parse((await post(admin, '/servers', body).expect(201)).body);
    expect(server).toMatchObject({
      type: 'container',
      isSystemManaged: false,
      access: 'manage',
      connection: null,
      broker: { address: broker.address, fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      containerConfig: { isolation: 'job', pool: { size: 1, refillConcurrency: 2 }, maxConcurrentJobs: 16 },
      whenUnhealthy: 'wait',
    });
    const again = await post(admin, '/servers', body);
    expect(expectProblem(again, 400, 'broker_not_joined').errors).toMatchObject([
      { path: 'body.broker.joinToken', message: expect.stringMatching(/was used/) as string },
    ]);
    expect(await broker.store.list()).toHaveLength(1);
  });

  it('keep what is shown to the broker sealed, and show nothing of it', async () => {
    expect(JSON.stringify(server)).not.toMatch(/PRIVATE KEY|CERTIFICATE/);
    expect(JSON.stringify(await brokerRow())).not.toMatch(/PRIVATE KEY/);
  });

  it('run jobs there', async () => {
    expect(await check()).toMatchObject({ healthy: true });
    const event = (
      await post(admin, '/events', {
        ...{ name: 'Far away', type: 'BASH', content: 'echo "in $(hostname)"', serverIds: [server.id] },
      }).expect(201)
    ).body as Event;
    const execution = (await post(admin, `/events/${event.id}/run?wait=25`).expect(202)).body as Execution;
    expect(execution).toMatchObject({ state: 'succeeded', jobs: [{ serverName: 'Second machine' }] });
    const log = await app.as(admin, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log`).expect(200);
    expect((log.body as LogPage).entries).toMatchObject([{ text: 'in sandbox\n' }]);
  });

  it('show how they are reached to those who manage them, and are shared like others', async () => {
    const path = `/servers/${server.id}`;
    expectProblem(await app.as(user, 'get', path), 404, 'server_not_found');
    const share = (level: string) =>
      app
        .as(admin, 'put', `${path}/shares`)
        .send({ items: [{ userId: user.user.id, level }] })
        .expect(200);
    await share('use');
    expect((await app.as(user, 'get', path).expect(200)).body).toMatchObject({ access: 'use', broker: null });
    await share('manage');
    expect((await app.as(user, 'get', path).expect(200)).body).toMatchObject({ broker: server.broker });
    // Where a machine is, and what it may do, is for administrators.
    expectProblem(await patch({ broker: { address: 'tls://elsewhere:5443' } }, user), 403, 'forbidden');
    await patch({ description: 'by who manages it' }, user).expect(200);
  });

  it('say so when another machine answers at a new address, and are well at the old one', async () => {
    const other = await startRemoteBroker();
    await patch({ broker: { address: other.address } }).expect(200);
    expect(await check()).toMatchObject({ healthy: false, reason: { code: 'broker_untrusted' } });
    await patch({ broker: { address: broker.address } }).expect(200);
    expect(await check()).toMatchObject({ healthy: true });
    await other.close();
  });

  it('are joined anew with a new join token', async () => {
    const [client] = await broker.store.list();
    await broker.store.forget(client?.fingerprint ?? '');
    expect(await check()).toMatchObject({ healthy: false, reason: { code: 'broker_untrusted' } });
    const before = await brokerRow();
    await patch({ broker: { joinToken: await broker.joinToken() } }).expect(200);
    expect(await brokerRow()).not.toEqual(before);
    expect(await check()).toMatchObject({ healthy: true });
  });

  it('keep their broker and the join token when another field is refused', async () => {
    const before = await brokerRow();
    const joinToken = await broker.joinToken();
    const conflict = { isolation: 'namespace', runtime: 'runsc' };
    const answer = await patch({ description: 'lost', broker: { joinToken }, containerConfig: conflict });
    expectRefused(answer, ['body.containerConfig.runtime']);
    expect(await brokerRow()).toEqual(before);
    await patch({ description: 'anew', broker: { joinToken } }).expect(200);
    expect(await brokerRow()).not.toEqual(before);
    expect((await app.as(admin, 'get', `/servers/${server.id}`)).body).toMatchObject({ description: 'anew' });
  });

  it('refuse what their broker does not allow, with its reason', async () => {
    await patch({ containerConfig: { resourceLimits: { cpu: 4 } } }).expect(200);
    const health = await check();
    expect(health).toMatchObject({ healthy: false });
    expect(health.reason?.message).toMatch(/limit cpu is 4.*at most 2.*CRONIUM_BROKER_LIMITS/);
    await patch({ containerConfig: { resourceLimits: { cpu: 1 } } }).expect(200);
  });

  it.each<[object, string[]]>([
    [{ address: 'http://runner:5443' }, ['body.broker.address']],
    [{ address: 'unix:///var/run/docker.sock' }, ['body.broker.address']],
    [{ address: 'tls://runner' }, ['body.broker.address']],
    [{ joinToken: '' }, ['body.broker.joinToken']],
    [{ joinToken: 'nonsense' }, ['body.broker.joinToken']],
    [{ address: 'tls://127.0.0.1:1' }, ['body.broker.address']],
    [{ insecure: true }, ['body.broker']],
  ])('refuse a broker of %j, and name the field', async (change, paths) => {
    const body = await details();
    expectRefused(await post(admin, '/servers', { ...body, broker: { ...body.broker, ...change } }), paths);
  });

  it('are not what Local Execution can become', async () => {
    const answer = await app
      .as(admin, 'patch', `/servers/${localExecutionId}`)
      .send({ broker: { address: broker.address } });
    expectProblem(answer, 400, 'not_remote');
  });

  it('are not reached as ssh servers are, too', async () => {
    const answer = await patch({ ssh: { port: 22 }, broker: { address: broker.address } });
    expectRefused(answer, ['body.broker']);
  });

  it('are forgotten by their broker when they are deleted', async () => {
    await app.as(admin, 'delete', `/servers/${server.id}?confirm=true`).expect(204);
    const isKnown = async () => (await broker.store.list()).length > 0;
    while (await isKnown()) await delay(50);
  });
});

import {
  alertPageSchema,
  connectionTestSchema,
  type Event,
  type Execution,
  generatedKeySchema,
  type LogPage,
  type Server,
  serverSchema,
  type ServerUsageHistory,
  serverUsageHistorySchema,
  type Session,
} from '@cronium/contracts';
import { createServerExecutor, FakeExecutor } from '@cronium/execution';
import { type HostKey, hostKeySchema } from '@cronium/server-types';
import { DataSource } from 'typeorm';

import { expectProblem } from './expectations';
import { LocalSshd } from './local-sshd';
import { startTestApp, type TestApp } from './test-app';

/** From a new key to a job on a real sshd, and what happens when its host key changes. */
describe('ssh servers', () => {
  let app: TestApp;
  let sshd: LocalSshd;
  let owner: Session;
  let friend: Session;
  let hostKey: HostKey;
  let server: Server;
  let keyId: string;

  beforeAll(async () => {
    sshd = await LocalSshd.start();
    app = await startTestApp((of, context) =>
      of.type === 'ssh' ? createServerExecutor(of, context) : new FakeExecutor(),
    );
    owner = await app.signIn('USER');
    friend = await app.signIn('USER', 'friend@example.com');
  });
  afterAll(async () => {
    await app.close();
    await sshd.stop();
  });

  const post = (session: Session, path: string, body: object = {}) =>
    app.as(session, 'post', path).send(body);
  const address = () => ({ host: sshd.host, port: sshd.port });
  const createEvent = async (details: object): Promise<Event> => {
    const body = { name: 'On a host', type: 'BASH', serverIds: [server.id], ...details };
    return (await post(owner, '/events', body).expect(201)).body as Event;
  };
  const run = async (event: Event): Promise<Execution> =>
    (await post(owner, `/events/${event.id}/run?wait=25`).expect(202)).body as Execution;
  const linesOf = async ({ jobs }: Execution): Promise<string[]> => {
    const log = (await app.as(owner, 'get', `/jobs/${jobs[0]?.id ?? ''}/log`)).body as LogPage;
    // A line comes in several entries when its end was not written yet.
    return log.entries
      .map(({ text }) => text)
      .join('')
      .trimEnd()
      .split('\n');
  };

  it('show the host’s key, as the host itself prints it', async () => {
    hostKey = hostKeySchema.parse((await post(owner, '/servers/host-key', address()).expect(200)).body);
    expect(hostKey.fingerprint).toBe(sshd.fingerprint());
    const nobody = await post(owner, '/servers/host-key', { host: sshd.host, port: 1 });
    expect(expectProblem(nobody, 400, 'host_unreachable').errors).toMatchObject([{ path: 'body.host' }]);
  });

  it('are tried step by step, and say where it ends', async () => {
    const key = generatedKeySchema.parse((await post(owner, '/servers/keys').expect(201)).body);
    keyId = key.keyId;
    expect(key.publicKey).toMatch(/^ssh-ed25519 \S+ cronium Test USER$/);
    const body = {
      ...address(),
      username: sshd.username,
      credentials: { kind: 'generated_key', keyId },
      hostKey,
    };
    const refused = connectionTestSchema.parse((await post(owner, '/servers/test', body).expect(200)).body);
    expect(refused.ok).toBe(false);
    expect(refused.steps.map(({ step, state }) => [step, state])).toEqual([
      ['resolve', 'passed'],
      ['connect', 'passed'],
      ['host_key', 'passed'],
      ['authenticate', 'failed'],
      ['runner', 'skipped'],
      ['interpreters', 'skipped'],
    ]);
    sshd.authorize(key.publicKey);
    const passed = connectionTestSchema.parse((await post(owner, '/servers/test', body).expect(200)).body);
    expect(passed.steps.map(({ state }) => state)).toEqual([
      'passed',
      'passed',
      'passed',
      'passed',
      'passed',
      'passed',
    ]);
    expect(passed.interpreters).toMatchObject({
      bash: expect.stringMatching(/\d/),
      python3: expect.stringMatching(/^3/),
    });
  });

  it('are added with a key that nobody else may take, and only once', async () => {
    const body = {
      ...{ name: 'Web host', type: 'ssh', ...address(), username: sshd.username, hostKey },
      credentials: { kind: 'generated_key', keyId },
    };
    expectProblem(await post(friend, '/servers', body), 400, 'key_unknown');
    server = serverSchema.parse((await post(owner, '/servers', body).expect(201)).body);
    expect(server).toMatchObject({
      type: 'ssh',
      access: 'manage',
      connection: { authentication: 'key', hostKey },
    });
    expectProblem(await post(owner, '/servers', body), 400, 'key_unknown');
  });

  it.each([
    [
      'bash',
      {
        type: 'BASH',
        content: 'echo "hello $NAME"; cronium_output 1',
        environment: [{ key: 'NAME', value: 'host' }],
      },
      ['hello host'],
    ],
    [
      'Python',
      { type: 'PYTHON', content: 'import cronium\nprint("id", cronium.event()["server"])' },
      ['id Web host'],
    ],
  ])('run %s', async (_, details, lines) => {
    const execution = await run(await createEvent(details));
    expect(execution).toMatchObject({ state: 'succeeded', jobs: [{ serverType: 'ssh', exitCode: 0 }] });
    expect(await linesOf(execution)).toEqual(lines);
  });

  it('say how they are and what they use', async () => {
    expect((await post(owner, `/servers/${server.id}/check`).expect(200)).body).toMatchObject({
      healthy: true,
    });
    const usage = await app.as(owner, 'get', `/servers/${server.id}/usage`).expect(200);
    expect(usage.body).toMatchObject({
      memory: { limitBytes: expect.any(Number) },
      load: { oneMinute: expect.any(Number) },
      uptimeSeconds: expect.any(Number),
    });
  });

  it('are asked in the background what they use, and tell it by hours', async () => {
    const history = async (): Promise<ServerUsageHistory> =>
      serverUsageHistorySchema.parse(
        (await app.as(owner, 'get', `/servers/${server.id}/usage/history?hours=1`).expect(200)).body,
      );
    let told = await history();
    while (told.samples.length === 0) told = await history();
    expect(told).toMatchObject({
      everySeconds: 60,
      samples: [{ memoryBytes: expect.any(Number), load: expect.any(Number) }],
      last: { cores: expect.any(Number), uptimeSeconds: expect.any(Number) },
    });
    expect(told.last?.memoryLimitBytes).toBeGreaterThan(told.samples[0]?.memoryBytes ?? Infinity);
    const stranger = await app.signIn('USER', 'stranger-to-usage@example.com');
    expectProblem(await app.as(stranger, 'get', `/servers/${server.id}/usage/history`), 404);
    for (const hours of ['0', '721', 'many'])
      expectProblem(await app.as(owner, 'get', `/servers/${server.id}/usage/history?hours=${hours}`), 400);
  });

  it('show how they are reached to those who may manage them, and a secret to nobody', async () => {
    await app
      .as(owner, 'put', `/servers/${server.id}/shares`)
      .send({ items: [{ email: 'friend@example.com', level: 'use' }] })
      .expect(200);
    const seen = await app.as(friend, 'get', `/servers/${server.id}`).expect(200);
    expect(seen.body).toMatchObject({ access: 'use', connection: null });
    expectProblem(await post(friend, `/servers/${server.id}/test`), 403, 'manage_required');
    const shown = JSON.stringify((await app.as(owner, 'get', `/servers/${server.id}`).expect(200)).body);
    expect(shown).toContain(sshd.host);
    const [row] = await app.app
      .get(DataSource)
      .query<{ row: string }[]>('SELECT servers::text AS row FROM servers WHERE id = $1', [server.id]);
    for (const text of [shown, row?.row ?? '']) expect(text).not.toContain('PRIVATE KEY');
  });

  it('refuse an environment that changes how processes are loaded', async () => {
    const environment = [{ key: 'LD_PRELOAD', value: '/tmp/x.so' }];
    const body = { name: 'x', type: 'BASH', content: 'true', serverIds: [server.id], environment };
    const refused = expectProblem(await post(owner, '/events', body), 400, 'environment_refused');
    expect(refused.errors).toMatchObject([{ path: 'body.environment.0.key' }]);
    const event = await createEvent({ content: 'true' });
    expectProblem(
      await app.as(owner, 'patch', `/events/${event.id}`).send({ environment }),
      400,
      'environment_refused',
    );
    // By a tag it is seen when the job starts.
    await app
      .as(owner, 'patch', `/servers/${server.id}`)
      .send({ tags: ['hosts'] })
      .expect(200);
    const tagged = await createEvent({
      content: 'true',
      serverIds: undefined,
      serverTag: 'hosts',
      environment,
    });
    expect(await run(tagged)).toMatchObject({
      state: 'failed',
      jobs: [{ error: { code: 'environment_refused', platform: false } }],
    });
  });

  it.each([
    [{ kind: 'private_key', privateKey: 'ssh-ed25519 AAAA me' }, 'body.credentials.privateKey'],
    [{ kind: 'private_key', privateKey: '' }, 'body.credentials.privateKey'],
    [{ kind: 'password' }, 'body.credentials.password'],
  ])('refuse %j at its field', async (credentials, path) => {
    const body = { name: 'x', type: 'ssh', ...address(), username: sshd.username, credentials };
    const refused = expectProblem(await post(owner, '/servers', body), 400);
    expect(refused.errors?.map((error) => error.path)).toContain(path);
  });

  it('refuse a jump host that leads back', async () => {
    const change = { ssh: { jumpServerId: server.id } };
    expectProblem(
      await app.as(owner, 'patch', `/servers/${server.id}`).send(change),
      400,
      'jump_host_invalid',
    );
  });

  it('stay as they were when one field of a change is refused', async () => {
    const asked = () => app.as(owner, 'get', `/servers/${server.id}`);
    const before = (await asked()).body as Server;
    const change = { ssh: { port: 2022 }, containerConfig: { maxConcurrentJobs: 1 } };
    const refused = await app.as(owner, 'patch', `/servers/${server.id}`).send(change);
    expect(expectProblem(refused, 400, 'not_a_container_server').errors).toMatchObject([
      { path: 'body.containerConfig' },
    ]);
    expect((await asked()).body).toMatchObject({ connection: before.connection });
  });

  it('do not send a stored password to another host', async () => {
    const credentials = { kind: 'password', password: 'not for others' };
    const body = { name: 'By password', type: 'ssh', ...address(), username: 'x', credentials };
    const { id } = (await post(owner, '/servers', body).expect(201)).body as Server;
    const move = (ssh: object) => app.as(owner, 'patch', `/servers/${id}`).send({ ssh });
    const refused = expectProblem(await move({ host: 'elsewhere.example' }), 400, 'credentials_required');
    expect(refused.errors).toMatchObject([{ path: 'body.ssh.credentials' }]);
    await move({ host: 'elsewhere.example', credentials }).expect(200);
    await app.as(owner, 'delete', `/servers/${id}`).expect(204);
  });

  it('run nothing once the host shows another key, until a person who may manage them accepts it', async () => {
    const before = sshd.fingerprint();
    await sshd.renewHostKey();
    const event = await createEvent({ content: 'echo again' });
    const refused = await run(event);
    expect(refused).toMatchObject({
      state: 'failed',
      jobs: [{ error: { code: 'host_key_changed', platform: true } }],
    });
    const message = refused.jobs[0]?.error?.message ?? '';
    expect(message).toContain(before);
    expect(message).toContain(sshd.fingerprint());

    const alerts = alertPageSchema.parse(
      (await app.as(owner, 'get', '/alerts?open=true&kind=host_key_changed').expect(200)).body,
    );
    expect(alerts.items).toMatchObject([
      {
        kind: 'host_key_changed',
        server: { id: server.id },
        details: { pinned: before, offered: sshd.fingerprint() },
      },
    ]);
    expect(
      alertPageSchema.parse((await app.as(friend, 'get', '/alerts?kind=host_key_changed').expect(200)).body)
        .items,
    ).toEqual([]);

    const shown = serverSchema.parse((await app.as(owner, 'get', `/servers/${server.id}`).expect(200)).body);
    const offered = shown.connection?.offeredHostKey;
    expect(offered?.fingerprint).toBe(sshd.fingerprint());
    expectProblem(
      await post(friend, `/servers/${server.id}/host-key`, offered ?? {}),
      403,
      'manage_required',
    );
    await post(owner, `/servers/${server.id}/host-key`, offered ?? {}).expect(200);
    expect(await run(event)).toMatchObject({ state: 'succeeded' });
    expect(
      alertPageSchema.parse((await app.as(owner, 'get', '/alerts?open=true&kind=host_key_changed')).body)
        .items,
    ).toEqual([]);
  });
});

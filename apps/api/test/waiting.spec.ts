import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type Event,
  type Execution,
  executionPageSchema,
  executionSchema,
  type GeneratedKey,
  type Server,
  type Session,
} from '@cronium/contracts';
import { createServerExecutor, FakeExecutor } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { Notifications } from '../src/database/notifications';
import { LocalSshd } from './local-sshd';
import { createInstallation, type Installation, startTestApp, type TestApp } from './test-app';

/** Jobs for a real host that goes away and comes back. Each run adds a line to a file: so it is seen how often a script ran. */
describe('jobs for an ssh host that is away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-waiting-'));
  let installation: Installation;
  let app: TestApp;
  let sshd: LocalSshd;
  let user: Session;
  let server: Server;
  let runs = 0;

  const start = (): Promise<TestApp> =>
    startTestApp(
      (of, context) => (of.type === 'ssh' ? createServerExecutor(of, context) : new FakeExecutor()),
      { installation, environment: { CRONIUM_ON_SHUTDOWN: 'detach' } },
    );

  beforeAll(async () => {
    sshd = await LocalSshd.start();
    installation = await createInstallation();
    app = await start();
    user = await app.signIn('USER');
    server = await addServer('Host');
  });
  afterAll(async () => {
    await app.close();
    await sshd.stop();
    await installation.remove();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await sshd.resume();
    await policy({ whenUnhealthy: 'wait', waitMinutes: 10 });
    await check(true);
  });

  const post = (path: string, body: object = {}, by = app) => by.as(user, 'post', path).send(body);
  const addServer = async (name: string): Promise<Server> => {
    const address = { host: sshd.host, port: sshd.port };
    const hostKey = (await post('/servers/host-key', address).expect(200)).body as object;
    const key = (await post('/servers/keys').expect(201)).body as GeneratedKey;
    sshd.authorize(key.publicKey);
    const credentials = { kind: 'generated_key', keyId: key.keyId };
    const body = { name, type: 'ssh', ...address, username: sshd.username, hostKey, credentials };
    return (await post('/servers', body).expect(201)).body as Server;
  };
  const policy = (change: object) => app.as(user, 'patch', `/servers/${server.id}`).send(change).expect(200);
  const check = async (healthy: boolean, by = app): Promise<void> => {
    const { body } = await post(`/servers/${server.id}/check`, {}, by).expect(200);
    expect(body).toMatchObject({ healthy });
  };

  /** Starts a script that leaves a trace. */
  const run = async (details: object = {}): Promise<{ id: string; times: () => number }> => {
    const trace = join(folder, `${(runs += 1)}`);
    const body = {
      ...{ name: 'Trace', type: 'BASH', content: `echo ran >> ${trace}`, serverIds: [server.id] },
      ...details,
    };
    const event = (await post('/events', body).expect(201)).body as Event;
    const { id } = (await post(`/events/${event.id}/run`).expect(202)).body as Execution;
    const times = () => (existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').length - 1 : 0);
    return { id, times };
  };
  const until = async (
    id: string,
    isThere: (execution: Execution) => boolean,
    by = app,
  ): Promise<Execution> => {
    for (;;) {
      const execution = executionSchema.parse((await by.as(user, 'get', `/executions/${id}`)).body);
      if (isThere(execution)) return execution;
    }
  };
  const waiting = (id: string) => until(id, ({ jobs }) => jobs.at(-1)?.waitingFor != null);
  const ended = (id: string, by = app) => until(id, ({ endedAt }) => endedAt !== null, by);
  const pastBound = async (): Promise<void> => {
    await app.app.get(DataSource).query(`UPDATE jobs SET waiting_since = waiting_since - interval '10 min',
                              wait_until = wait_until - interval '10 min' WHERE waiting_since IS NOT NULL`);
    // A timer is set to the bound that it was.
    app.app.get(Notifications).receive({ kind: 'reconnected' });
  };

  it('wait with the reason in sight, and run once when it is back', async () => {
    await sshd.pause();
    await check(false);
    const { id, times } = await run();
    const execution = await waiting(id);
    expect(execution).toMatchObject({ state: 'queued', jobs: [{ state: 'queued', startingAt: null }] });
    const waitingFor = execution.jobs[0]?.waitingFor;
    expect(waitingFor).toMatchObject({ reason: 'server_unhealthy', code: 'host_unreachable' });
    // Whether the check met the end of the old connection, or was refused a new one.
    expect(waitingFor?.message).toMatch(/refuses connections|connection broke/);
    const minutes = (Date.parse(waitingFor?.until ?? '') - Date.parse(waitingFor?.since ?? '')) / 60_000;
    expect(minutes).toBeCloseTo(10, 3);
    const { items } = executionPageSchema.parse((await app.as(user, 'get', '/executions?limit=1')).body);
    expect(items).toMatchObject([{ id, waitingFor }]);
    expect((await app.as(user, 'get', `/servers/${server.id}`)).body).toMatchObject({
      health: { healthy: false },
      load: { active: 0, queued: 1, waiting: 1 },
    });

    await sshd.resume();
    await check(true);
    expect(await ended(id)).toMatchObject({ state: 'succeeded', jobs: [{ waitingFor: null, exitCode: 0 }] });
    expect(times()).toBe(1);
  });

  it('wait when a job is the one that finds it away, and start when a check by itself finds it back', async () => {
    await sshd.pause();
    const { id, times } = await run();
    await waiting(id);
    expect((await app.as(user, 'get', `/servers/${server.id}`)).body).toMatchObject({
      health: { healthy: false, reason: { code: 'host_unreachable' } },
    });
    await sshd.resume();
    expect(await ended(id)).toMatchObject({ state: 'succeeded' });
    expect(times()).toBe(1);
  }, 40_000);

  it('fail with the error of the last check when the bound has passed', async () => {
    await sshd.pause();
    const { id, times } = await run();
    await waiting(id);
    await pastBound();
    const { jobs } = await ended(id);
    expect(jobs).toMatchObject([
      {
        state: 'failed',
        startedAt: null,
        waitingFor: null,
        error: { code: 'host_unreachable', platform: true },
      },
    ]);
    expect(jobs[0]?.error?.message).toContain('has waited');
    expect(times()).toBe(0);
  });

  it('follow a bound, and a policy, that is changed while they wait', async () => {
    await sshd.pause();
    const { id } = await run();
    const before = (await waiting(id)).jobs[0]?.waitingFor;
    await policy({ waitMinutes: 30 });
    const { jobs } = await until(id, (one) => one.jobs[0]?.waitingFor?.until !== before?.until);
    const later = Date.parse(jobs[0]?.waitingFor?.until ?? '') - Date.parse(before?.until ?? '');
    expect(later / 60_000).toBeCloseTo(20, 3);
    await policy({ whenUnhealthy: 'fail' });
    expect(await ended(id)).toMatchObject({ jobs: [{ error: { code: 'host_unreachable' } }] });
  });

  it('are cancelled at once while they wait', async () => {
    await sshd.pause();
    const { id, times } = await run();
    await waiting(id);
    const cancelled = await post(`/executions/${id}/cancel`).expect(202);
    expect(cancelled.body).toMatchObject({ state: 'cancelled', jobs: [{ waitingFor: null }] });
    await sshd.resume();
    await check(true);
    // A job that is behind it in the queue has run: so it had its chance.
    const next = await run();
    await ended(next.id);
    expect([times(), next.times()]).toEqual([0, 1]);
  });

  it('survive a restart of the API, and are run once by whoever is there', async () => {
    await sshd.pause();
    const first = await run();
    await waiting(first.id);
    await app.close();
    await sshd.resume();
    app = await start();
    const second = await start();
    try {
      expect(await ended(first.id)).toMatchObject({ state: 'succeeded' });
      // Healed by another replica than the one that holds it.
      await sshd.pause();
      await check(false);
      const third = await run();
      await waiting(third.id);
      await sshd.resume();
      await check(true, second);
      expect(await ended(third.id, second)).toMatchObject({ state: 'succeeded' });
      expect([first.times(), third.times()]).toEqual([1, 1]);
    } finally {
      await second.close();
    }
  }, 60_000);

  it('fail at once with `fail`, without a try', async () => {
    await policy({ whenUnhealthy: 'fail' });
    await sshd.pause();
    await check(false);
    await sshd.resume();
    // It would succeed if it were tried.
    const { id, times } = await run();
    expect(await ended(id)).toMatchObject({
      state: 'failed',
      jobs: [{ startedAt: null, error: { code: 'host_unreachable', platform: true } }],
    });
    expect(times()).toBe(0);
  });

  it('go on to the next server with `failover`, and wait only for the last', async () => {
    const other = await addServer('Other');
    await sshd.pause();
    const { id, times } = await run({ serverIds: [server.id, other.id], targetStrategy: 'failover' });
    const { jobs } = await waiting(id);
    expect(jobs).toMatchObject([
      { serverName: 'Host', state: 'failed', error: { code: 'host_unreachable' } },
      { serverName: 'Other', state: 'queued', waitingFor: { code: 'host_unreachable' } },
    ]);
    await sshd.resume();
    await post(`/servers/${other.id}/check`).expect(200);
    expect(await ended(id)).toMatchObject({ state: 'succeeded' });
    expect(times()).toBe(1);
    // The others of this suite have one server.
    await app.as(user, 'delete', `/servers/${other.id}?confirm=true`).expect(204);
  });

  it('are never started a second time when they may have started', async () => {
    const began = join(folder, 'began');
    const { id } = await run({ content: `echo ran >> ${began}; sleep 2; echo done` });
    while (!existsSync(began)) await new Promise(setImmediate);
    await sshd.pause();
    await check(false);
    // Whether the news of its start came through before the host went is a matter of milliseconds.
    const { jobs } = executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
    expect(jobs).toMatchObject([{ state: expect.stringMatching(/^(starting|running)$/), waitingFor: null }]);
    await sshd.resume();
    expect(await ended(id)).toMatchObject({ state: 'succeeded' });
    expect(readFileSync(began, 'utf8')).toBe('ran\n');
  }, 40_000);

  it('fail at once under both policies when the host shows another key, also those that wait', async () => {
    await sshd.pause();
    const { id, times } = await run();
    await waiting(id);
    await sshd.renewHostKey();
    await check(false);
    expect(await ended(id)).toMatchObject({
      jobs: [{ error: { code: 'host_key_changed', platform: true } }],
    });
    const next = await run();
    expect(await ended(next.id)).toMatchObject({ jobs: [{ error: { code: 'host_key_changed' } }] });
    expect([times(), next.times()]).toEqual([0, 0]);
  });
});

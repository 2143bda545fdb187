import { type Event, type Execution, executionSchema, isActive, type Session } from '@cronium/contracts';
import { ExecutionError, FakeExecutor, FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { JobStore } from '../src/executions/job-store';
import { localExecutionId } from '../src/servers/local-execution';
import { insertServer } from './insert-server';
import { onFake, startTestApp, type TestApp } from './test-app';

describe('running an event', () => {
  const fake = new FakeServer();
  let app: TestApp;
  let user: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake(fake));
    user = await app.signIn('USER');
  });
  afterEach(() => {
    jest.restoreAllMocks();
    fake.outage = undefined;
  });
  afterAll(() => app.close());

  const create = async (content: string, serverIds?: string[]): Promise<Event> => {
    const body = { name: 'x', type: 'BASH', content, serverIds };
    return (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
  };
  const run = async ({ id }: Event, wait = 0, body: object = {}): Promise<Execution> => {
    const answer = await app.as(user, 'post', `/events/${id}/run?wait=${wait}`).send(body);
    expect(answer.status).toBe(202);
    return executionSchema.parse(answer.body);
  };
  const read = async (id: string) =>
    executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
  const until = async (id: string, isThere: (execution: Execution) => boolean): Promise<Execution> => {
    let execution = await read(id);
    while (!isThere(execution)) execution = await read(id);
    return execution;
  };
  const ended = (id: string) => until(id, ({ endedAt }) => endedAt !== null);
  const cancel = (id: string) => app.as(user, 'post', `/executions/${id}/cancel`).expect(202);

  describe('with a server that fails', () => {
    it.each(['engine_unavailable', 'image_missing', 'server_disk_full'] as const)(
      'says %s in the job, and runs again when it is mended',
      async (code) => {
        const event = await create('echo well');
        fake.outage = new ExecutionError(code, `It is ${code}. Mend it.`);
        const failed = await run(event, 25);
        expect(failed).toMatchObject({
          state: 'failed',
          jobs: [
            {
              state: 'failed',
              startedAt: null,
              error: { code, message: `It is ${code}. Mend it.`, platform: true },
            },
          ],
        });
        const list = await app.as(user, 'get', `/executions?eventId=${event.id}`);
        expect(list.body).toMatchObject({ items: [{ error: { code, platform: true } }] });
        fake.outage = undefined;
        expect(await run(event, 25)).toMatchObject({ state: 'succeeded', jobs: [{ exitCode: 0 }] });
      },
    );

    it('fails a job whose start could not be recorded, and no other', async () => {
      const error = new Error('The database is away.');
      jest.spyOn(app.app.get(JobStore), 'markStarted').mockRejectedValueOnce(error);
      const { jobs } = await run(await create('sleep 0.2'), 25);
      expect(jobs).toMatchObject([{ state: 'failed', error: { code: 'internal_error', platform: true } }]);
      expect(await run(await create('true'), 25)).toMatchObject({ state: 'succeeded' });
    });

    it('never takes a script’s failure for its own', async () => {
      const { jobs } = await run(await create('exit 1'), 25);
      expect(jobs).toMatchObject([{ state: 'failed', exitCode: 1 }]);
      expect(jobs[0]?.error).toBeUndefined();
    });

    it('takes what a script gives that cannot be stored as the script’s error', async () => {
      const { jobs } = await run(await create('cronium_output ["a\\u0000b"]'), 25);
      expect(jobs).toMatchObject([{ state: 'failed', exitCode: 1 }]);
      expect(jobs[0]?.error).toBeUndefined();
    });
  });

  describe('cancel', () => {
    it('keeps what is queued from ever starting', async () => {
      const serverIds = [await insertServer(app, user.user.id, { maxConcurrentJobs: 1 })];
      const first = await run(await create('sleep 60', serverIds));
      await until(first.id, ({ state }) => state === 'running');
      const second = await run(await create('echo never', serverIds));
      expect(second.state).toBe('queued');
      await cancel(second.id);
      expect(await read(second.id)).toMatchObject({
        state: 'cancelled',
        startedAt: null,
        jobs: [{ state: 'cancelled', startingAt: null, logEntries: 0 }],
      });
      expect(await read(first.id)).toMatchObject({ state: 'running' });
      await cancel(first.id);
      expect(await ended(first.id)).toMatchObject({ state: 'cancelled' });
      expect(await run(await create('true', serverIds), 25)).toMatchObject({ state: 'succeeded' });
    });

    it('ends what is starting', async () => {
      const place = fake.place.bind(fake);
      const starting = new Promise<void>((resolve) => {
        jest.spyOn(fake, 'place').mockImplementationOnce(async (request, signal) => {
          const cancelled = new Promise((heard) => signal.addEventListener('abort', heard));
          resolve();
          await cancelled;
          return place(request, signal);
        });
      });
      const { id } = await run(await create('echo never'));
      await starting;
      expect((await read(id)).jobs).toMatchObject([{ state: 'starting' }]);
      await cancel(id);
      expect(await ended(id)).toMatchObject({ state: 'cancelled', jobs: [{ state: 'cancelled' }] });
    });

    it('ends what is running, keeps its log, and may be repeated', async () => {
      const { id } = await run(await create('echo begun\nsleep 60\necho never'));
      await until(id, ({ jobs }) => jobs[0]?.logEntries === 1);
      await cancel(id);
      const end = await ended(id);
      expect(end).toMatchObject({ state: 'cancelled', jobs: [{ state: 'cancelled', logEntries: 1 }] });
      await cancel(id);
      expect(await read(id)).toEqual(end);
    });
  });

  it('starts once for one idempotency key, however many ask at once', async () => {
    const event = await create('echo once');
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => run(event, 0, { idempotencyKey: 'the same' })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    const list = await app.as(user, 'get', `/executions?eventId=${event.id}`);
    expect((list.body as { items: unknown[] }).items).toHaveLength(1);
    // A key is an event's own.
    expect((await run(await create('true'), 0, { idempotencyKey: 'the same' })).id).not.toBe(answers[0]?.id);
  });

  it('is one job a server, and partial when they end differently', async () => {
    const other = await insertServer(app, user.user.id);
    const event = await create('echo here', [other, localExecutionId]);
    const good = await run(event, 25);
    expect(good.state).toBe('succeeded');
    expect(good.jobs.map(({ serverId }) => serverId)).toEqual([other, localExecutionId]);

    const place = fake.place.bind(fake);
    let placed = 0;
    jest.spyOn(fake, 'place').mockImplementation((request, signal) => {
      placed += 1;
      return placed === 1
        ? Promise.reject(new ExecutionError('sandbox_failed', 'No.'))
        : place(request, signal);
    });
    const mixed = await run(event, 25);
    jest.restoreAllMocks();
    expect(mixed.state).toBe('partial');
    expect(mixed.jobs.map(({ state }) => state).sort()).toEqual(['failed', 'succeeded']);
    // Elsewhere than the event says, this time only.
    const [job] = (await run(event, 25, { serverIds: [localExecutionId] })).jobs;
    expect(job).toMatchObject({ serverId: localExecutionId, serverName: 'Local Execution' });
  });

  it('waits for the end, but no longer than it was told', async () => {
    const event = await create('sleep 60');
    const before = Date.now();
    const { id, state } = await run(event, 1);
    expect(Date.now() - before).toBeGreaterThanOrEqual(1000);
    expect(isActive(state)).toBe(true);
    await cancel(id);
    expect(await run(await create('true'), 60)).toMatchObject({ state: 'succeeded' });
  });

  it('never runs more on a server than it allows, and runs all', async () => {
    const serverId = await insertServer(app, user.user.id, { maxConcurrentJobs: 3 });
    const event = await create('sleep 0.3', [serverId]);
    let [now, most] = [0, 0];
    const execute = FakeExecutor.prototype.executeScript;
    jest.spyOn(FakeExecutor.prototype, 'executeScript').mockImplementation(async function (
      this: FakeExecutor,
      ...request
    ) {
      now += 1;
      most = Math.max(most, now);
      return execute.apply(this, request).finally(() => {
        now -= 1;
      });
    });
    const executions = await Promise.all(Array.from({ length: 20 }, () => run(event, 25)));
    expect(new Set(executions.map(({ state }) => state))).toEqual(new Set(['succeeded']));
    expect(most).toBe(3);
  });

  it('goes on where its server is configured anew', async () => {
    const administrator = await app.signIn('ADMIN');
    const serverId = await insertServer(app, user.user.id);
    const { id } = await run(await create('echo one\nsleep 1\necho two', [serverId]));
    await until(id, ({ jobs }) => jobs[0]?.logEntries === 1);
    await app
      .as(administrator, 'patch', `/servers/${serverId}`)
      .send({ containerConfig: { pool: { size: 1 } } })
      .expect(200);
    // The first job after the change brings the new executor.
    await run(await create('true', [serverId]), 25);
    const before = Date.now();
    expect(await ended(id)).toMatchObject({
      state: 'succeeded',
      jobs: [{ exitCode: 0, attempt: 1, logEntries: 2 }],
    });
    // And not only when the job is delivered again because its heartbeat is missed.
    expect(Date.now() - before).toBeLessThan(12_000);
  });

  it('leaves nothing active behind', async () => {
    const active = await app.app
      .get(DataSource)
      .query(
        `SELECT id, state FROM jobs WHERE state IN ('queued', 'starting', 'running') AND ended_at IS NOT NULL`,
      );
    expect(active).toEqual([]);
  });
});

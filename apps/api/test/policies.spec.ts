import {
  type CreateEventInput,
  type Event,
  type Execution,
  executionSchema,
  logPageSchema,
  type Session,
} from '@cronium/contracts';
import { FakeExecutor, FakeServer } from '@cronium/execution';

import { expectRefused } from './expectations';
import { insertServer } from './insert-server';
import { startTestApp, type TestApp } from './test-app';

/** What an event says of its runs: further attempts, limits of set-up and clean-up, triggers that share an execution. */
describe('policies of an event', () => {
  const servers = new Map<string, FakeServer>();
  let app: TestApp;
  let user: Session;

  beforeAll(async () => {
    app = await startTestApp(({ id }) => new FakeExecutor(servers.get(id)));
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  const create = async (body: Partial<CreateEventInput>): Promise<Event> => {
    const event = { name: 'x', type: 'BASH', content: 'true', ...body };
    return (await app.as(user, 'post', '/events').send(event).expect(201)).body as Event;
  };
  const run = async (event: Event, body: object = {}, wait = 0): Promise<Execution> =>
    executionSchema.parse(
      (await app.as(user, 'post', `/events/${event.id}/run?wait=${wait}`).send(body).expect(202)).body,
    );
  const read = async ({ id }: Execution): Promise<Execution> =>
    executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
  const until = async (one: Execution, isThere: (execution: Execution) => boolean): Promise<Execution> => {
    for (;;) {
      const execution = await read(one);
      if (isThere(execution)) return execution;
    }
  };
  const cancel = ({ id }: Execution) => app.as(user, 'post', `/executions/${id}/cancel`).expect(202);

  describe('retry', () => {
    it('makes attempts, each a job with its own log, and ends as the last one', async () => {
      const retry = { limit: 2, delaySeconds: 0 };
      const { state, jobs } = await run(await create({ content: 'echo tried\nexit 3', retry }), {}, 20);
      expect(state).toBe('failed');
      expect(jobs).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, state: 'failed', exitCode: 3 })));
      for (const { id } of jobs) {
        const { entries } = logPageSchema.parse((await app.as(user, 'get', `/jobs/${id}/log`)).body);
        expect(entries.map(({ text }) => text)).toEqual(['tried\n']);
      }
    });

    it('is shown in lists by its last attempt', async () => {
      const content = 'exit 3';
      const event = await create({ content, retry: { limit: 1, delaySeconds: 0 } });
      await run(event, {}, 20);
      const list = () => app.as(user, 'get', `/executions?eventId=${event.id}`).expect(200);
      expect((await list()).body).toMatchObject({ items: [{ servers: ['Local Execution'], exitCode: 3 }] });
    });

    it('follows jobs of one execution that end at the same moment, each by its own end', async () => {
      const serverIds = [];
      while (serverIds.length < 4) serverIds.push(await insertServer(app, user.user.id, {}));
      const event = await create({ content: 'exit 3', serverIds, retry: { limit: 2, delaySeconds: 0 } });
      for (let round = 0; round < 5; round += 1) {
        const { state, jobs } = await run(event, {}, 20);
        expect(state).toBe('failed');
        expect(jobs).toHaveLength(12);
        expect(jobs.every(({ exitCode, error }) => exitCode === 3 && !error)).toBe(true);
      }
    });

    it('waits between attempts with the reason in sight, and can be cancelled meanwhile', async () => {
      const event = await create({ content: 'exit 3', retry: { limit: 1, delaySeconds: 3600, jitter: 0 } });
      const waiting = await until(await run(event), ({ jobs }) => jobs.length === 2);
      expect(waiting).toMatchObject({ state: 'running', endedAt: null });
      const queue = waiting.jobs[1]?.queue;
      expect(queue).toMatchObject({ reason: 'delayed' });
      expect(Date.parse(queue?.notBefore ?? '') - Date.now()).toBeGreaterThan(3500_000);
      await cancel(waiting);
      expect(await read(waiting)).toMatchObject({ state: 'cancelled', jobs: [{}, { state: 'cancelled' }] });
    });

    it('follows what it names and nothing else', async () => {
      const only = { limit: 1, delaySeconds: 0, exitCodes: [75] };
      expect((await run(await create({ content: 'exit 75', retry: only }), {}, 20)).jobs).toHaveLength(2);
      expect((await run(await create({ content: 'exit 1', retry: only }), {}, 20)).jobs).toHaveLength(1);
      const lost = { content: 'vanish', retry: { limit: 1, delaySeconds: 0 } };
      expect(await run(await create(lost), {}, 20)).toMatchObject({ state: 'lost', jobs: [{ attempt: 1 }] });
      const again = { ...lost, retry: { ...lost.retry, on: ['lost' as const] } };
      expect((await run(await create(again), {}, 20)).jobs).toHaveLength(2);
      const sleeper = await run(await create({ content: 'sleep 60', retry: { limit: 5, delaySeconds: 0 } }));
      await until(sleeper, ({ state }) => state === 'running');
      await cancel(sleeper);
      expect((await until(sleeper, ({ endedAt }) => endedAt !== null)).jobs).toHaveLength(1);
    });

    it('refuses what it does not know', async () => {
      const refused = (retry: object) =>
        app.as(user, 'post', '/events').send({ name: 'x', type: 'BASH', content: 'x', retry });
      expectRefused(await refused({ limit: 21 }), ['body.retry.limit']);
      expectRefused(await refused({ on: ['rain'] }), ['body.retry.on.0']);
      expectRefused(await refused({ delay: 1 }), ['body.retry']);
    });
  });

  it('ends a set-up that takes too long as a platform failure', async () => {
    const serverId = await insertServer(app, user.user.id, {});
    const server = new FakeServer();
    servers.set(serverId, server);
    jest
      .spyOn(server, 'place')
      .mockImplementation(
        (_, signal) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(new Error('aborted'))),
          ),
      );
    const event = await create({ serverIds: [serverId], setupTimeoutSeconds: 1 });
    expect(await run(event, {}, 20)).toMatchObject({
      state: 'failed',
      jobs: [{ startedAt: null, error: { code: 'setup_timeout', platform: true } }],
    });
    jest.restoreAllMocks();
    expect(await run(event, {}, 20)).toMatchObject({ state: 'succeeded' });
  });

  describe('triggers that share an execution', () => {
    it('`debounceSeconds` waits for quiet, and runs once with the newest input', async () => {
      const event = await create({ debounceSeconds: 1, content: 'echo_input' });
      const first = await run(event, { input: 1 });
      expect(first).toMatchObject({ triggers: 1, jobs: [{ queue: { reason: 'delayed' } }] });
      const [second, third] = [await run(event, { input: 2 }), await run(event)];
      expect([second.id, third.id]).toEqual([first.id, first.id]);
      const ended = await until(first, ({ endedAt }) => endedAt !== null);
      expect(ended).toMatchObject({ triggers: 3, input: null });
      expect(Date.parse(ended.startedAt ?? '') - Date.parse(ended.createdAt)).toBeGreaterThanOrEqual(990);
      const later = await run(event);
      expect(later.id).not.toBe(first.id);
      await cancel(later);
    });

    it('`coalesce` joins what has not begun', async () => {
      const event = await create({ coalesce: true, overlapPolicy: 'queue', content: 'sleep 60' });
      const first = await run(event);
      await until(first, ({ state }) => state === 'running');
      const second = await run(event, { input: 'a' });
      const third = await run(event, { input: 'b' });
      const alone = await run(event, { idempotencyKey: 'k' });
      expect(second.id).not.toBe(first.id);
      expect([third.id, third.triggers, third.input]).toEqual([second.id, 2, 'b']);
      expect(alone.id).not.toBe(second.id);
      for (const one of [alone, second, first]) await cancel(one);
    });
  });
});

import {
  type CreateEventInput,
  type Event,
  type Execution,
  executionSchema,
  queuePageSchema,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { expectProblem } from './expectations';
import { insertServer } from './insert-server';
import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';

/** Two processes of one installation, each with the roles api, scheduler and worker. */
describe('admission', () => {
  const fake = new FakeServer();
  let installation: Installation;
  let apps: [TestApp, TestApp];
  let admin: Session;
  let ada: Session;
  let ben: Session;

  beforeAll(async () => {
    installation = await createInstallation();
    apps = [
      await startTestApp(onFake(fake), { installation }),
      await startTestApp(onFake(fake), { installation }),
    ];
    admin = await apps[0].signIn('ADMIN');
    ada = await apps[0].signIn('USER', 'ada@example.com');
    ben = await apps[0].signIn('USER', 'ben@example.com');
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await installation.remove();
  });

  const database = () => apps[0].app.get(DataSource);
  const addServer = (by: Session, maxConcurrentJobs: number) =>
    insertServer(apps[0], by.user.id, { maxConcurrentJobs });
  const create = async (by: Session, body: Partial<CreateEventInput>): Promise<Event> => {
    const event = { name: 'x', type: 'BASH', content: 'true', ...body };
    return (await apps[0].as(by, 'post', '/events').send(event).expect(201)).body as Event;
  };
  const trigger = (by: Session, event: Event, app: TestApp = apps[0]) =>
    app.as(by, 'post', `/events/${event.id}/run`).send({});
  const run = async (by: Session, event: Event, app: TestApp = apps[0]): Promise<Execution> =>
    (await trigger(by, event, app).expect(202)).body as Execution;
  /** Through both processes at once. */
  const burst = (by: Session, event: Event, count: number): Promise<Execution[]> =>
    Promise.all(Array.from({ length: count }, (_, index) => run(by, event, apps[index % 2])));
  const until = async (
    by: Session,
    { id }: Execution,
    isThere: (execution: Execution) => boolean,
  ): Promise<Execution> => {
    for (;;) {
      const execution = executionSchema.parse((await apps[0].as(by, 'get', `/executions/${id}`)).body);
      if (isThere(execution)) return execution;
    }
  };
  const ended = (by: Session, execution: Execution) =>
    until(by, execution, ({ endedAt }) => endedAt !== null);
  const cancel = (by: Session, { id }: Execution) =>
    apps[1].as(by, 'post', `/executions/${id}/cancel`).expect(202);

  /** Of these jobs, how many were with a worker at one time at most. */
  const mostAtOnce = async (condition: string, value: string): Promise<number> => {
    const rows = await database().query<{ from: Date; until: Date }[]>(
      `SELECT min(starting_at) AS from, coalesce(max(ended_at), now()) AS until FROM jobs
        WHERE starting_at IS NOT NULL AND ${condition} = $1
        GROUP BY ${condition === 'event_id' ? 'execution_id' : 'id'}`,
      [value],
    );
    const changes = rows
      .flatMap(({ from, until }) => [
        { at: from.getTime(), by: 1 },
        { at: until.getTime(), by: -1 },
      ])
      .sort((one, other) => one.at - other.at || one.by - other.by);
    let [now, most] = [0, 0];
    for (const { by } of changes) {
      now += by;
      most = Math.max(most, now);
    }
    return most;
  };

  it('holds the limit of a server, and runs each job once, in a burst through two processes', async () => {
    const serverId = await addServer(ada, 3);
    const event = await create(ada, { serverIds: [serverId], content: 'sleep 0.1' });
    const executions = await burst(ada, event, 30);
    for (const one of executions)
      expect(await ended(ada, one)).toMatchObject({ state: 'succeeded', jobs: [{ attempt: 1 }] });
    expect(await mostAtOnce('server_id', serverId)).toBe(3);
  });

  it('holds the limit of an event over several servers', async () => {
    const serverIds = [await addServer(ada, 8), await addServer(ada, 8)];
    const event = await create(ada, { serverIds, content: 'sleep 0.1', maxConcurrentExecutions: 2 });
    const executions = await burst(ada, event, 12);
    for (const one of executions) expect(await ended(ada, one)).toMatchObject({ state: 'succeeded' });
    expect(await mostAtOnce('event_id', event.id)).toBe(2);
  });

  it('holds the limit of an owner over several servers and events, also when it is changed', async () => {
    const set = (max_concurrent_jobs_per_user: number | null) =>
      apps[0].as(admin, 'patch', '/settings').send({ max_concurrent_jobs_per_user }).expect(200);
    await set(2);
    const events = [
      await create(ada, { serverIds: [await addServer(ada, 8)], content: 'sleep 0.1' }),
      await create(ada, { serverIds: [await addServer(ada, 8)], content: 'sleep 0.1' }),
    ];
    const since = new Date();
    const executions = (await Promise.all(events.map((event) => burst(ada, event, 6)))).flat();
    for (const one of executions) expect(await ended(ada, one)).toMatchObject({ state: 'succeeded' });
    expect(await mostAtOnce(`queued_at > '${since.toISOString()}' AND owner_id`, ada.user.id)).toBe(2);

    const sleepers = await burst(ada, await create(ada, { content: 'sleep 60' }), 3);
    await set(null);
    for (const one of sleepers) await until(ada, one, ({ state }) => state === 'running');
    await Promise.all(sleepers.map((one) => cancel(ada, one)));
  });

  it('lets nobody wait behind all that another has queued', async () => {
    const serverId = await addServer(ada, 1);
    await apps[0]
      .as(ada, 'put', `/servers/${serverId}/shares`)
      .send({ items: [{ email: 'ben@example.com', level: 'use' }] })
      .expect(200);
    const flood = await burst(ada, await create(ada, { serverIds: [serverId], content: 'sleep 0.2' }), 20);
    const one = await run(ben, await create(ben, { serverIds: [serverId] }));
    expect(await ended(ben, one)).toMatchObject({ state: 'succeeded' });
    const states = await Promise.all(flood.map((each) => until(ada, each, () => true)));
    expect(states.filter(({ endedAt }) => endedAt !== null).length).toBeLessThan(10);
    await Promise.all(flood.map((each) => cancel(ada, each)));
  });

  it('follows the priorities of one owner', async () => {
    const serverId = await addServer(ada, 1);
    const blocker = await run(ada, await create(ada, { serverIds: [serverId], content: 'sleep 60' }));
    await until(ada, blocker, ({ state }) => state === 'running');
    const low = await run(ada, await create(ada, { serverIds: [serverId], priority: 'low' }));
    const normal = await run(ada, await create(ada, { serverIds: [serverId] }));
    const high = await run(ada, await create(ada, { serverIds: [serverId], priority: 'high' }));
    await cancel(ada, blocker);
    const times = [];
    for (const one of [high, normal, low]) times.push(Date.parse((await ended(ada, one)).startedAt ?? ''));
    expect(times).toEqual([...times].sort((one, other) => one - other));
  });

  describe('of executions that overlap', () => {
    const sleeper = (policy: Partial<CreateEventInput>) => create(ada, { content: 'sleep 60', ...policy });

    it('`skip` records the later as skipped', async () => {
      const event = await sleeper({ overlapPolicy: 'skip' });
      const started = await burst(ada, event, 8);
      const skipped = started.filter(({ state }) => state === 'skipped');
      expect(skipped).toHaveLength(7);
      expect(skipped[0]).toMatchObject({ jobs: [], error: { code: 'overlap', platform: false } });
      const first = started.find(({ state }) => state !== 'skipped');
      if (first) await cancel(ada, first);
      if (first) await ended(ada, first);
      const next = await run(ada, event);
      expect(next.state).not.toBe('skipped');
      await cancel(ada, next);
    });

    it('`queue` lets so many wait, and refuses the next with 429', async () => {
      const event = await sleeper({ overlapPolicy: 'queue', maxQueuedExecutions: 2 });
      const [first, second, third] = [await run(ada, event), await run(ada, event), await run(ada, event)];
      const refused = await trigger(ada, event, apps[1]);
      expectProblem(refused, 429, 'event_queue_full');
      await until(ada, first, ({ state }) => state === 'running');
      expect(await until(ada, second, () => true)).toMatchObject({ state: 'queued' });
      await cancel(ada, first);
      await until(ada, second, ({ state }) => state === 'running');
      expect(await until(ada, third, () => true)).toMatchObject({ state: 'queued' });
      await cancel(ada, third);
      await cancel(ada, second);
    });

    it('`replace` cancels the old, and starts when it has ended', async () => {
      const event = await sleeper({ overlapPolicy: 'replace' });
      const first = await run(ada, event);
      await until(ada, first, ({ state }) => state === 'running');
      const second = await run(ada, event);
      const third = await run(ada, event, apps[1]);
      for (const old of [first, second]) {
        expect(await ended(ada, old)).toMatchObject({ state: 'cancelled', error: { code: 'replaced' } });
      }
      await until(ada, third, ({ state }) => state === 'running');
      expect(await mostAtOnce('event_id', event.id)).toBe(1);
      await cancel(ada, third);
      await ended(ada, third);
    });
  });

  it('refuses what a server’s queue has no room for, unless it is to wait', async () => {
    const serverId = await addServer(ada, 1);
    const change = (body: object) => apps[0].as(ada, 'patch', `/servers/${serverId}`).send(body).expect(200);
    expect((await change({ maxQueuedJobs: 2 })).body).toMatchObject({ whenQueueFull: 'refuse' });
    const event = await create(ada, { serverIds: [serverId], content: 'sleep 60' });
    const first = await run(ada, event);
    await until(ada, first, ({ state }) => state === 'running');
    const waiting = [await run(ada, event), await run(ada, event)];
    expect(waiting.map(({ jobs }) => jobs[0]?.queue)).toMatchObject([
      { reason: 'server_busy', position: 1 },
      { reason: 'server_busy', position: 2 },
    ]);
    const line = queuePageSchema.parse((await apps[0].as(ada, 'get', `/queue?serverId=${serverId}`)).body);
    expect(line.items).toMatchObject([
      { executionId: waiting[0]?.id, priority: 'normal', queue: { position: 1 } },
      { executionId: waiting[1]?.id, priority: 'normal', queue: { position: 2 } },
    ]);
    const linesOf = async (by: Session) =>
      ((await apps[0].as(by, 'get', `/queue?serverId=${serverId}`)).body as { items: unknown[] }).items
        .length;
    expect([await linesOf(ben), await linesOf(admin)]).toEqual([0, 2]);
    expectProblem(await trigger(ada, event), 429, 'queue_full');
    await change({ whenQueueFull: 'wait' });
    waiting.push(await run(ada, event));
    for (const one of [...waiting, first]) await cancel(ada, one);
  });
});

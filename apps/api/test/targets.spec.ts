import type { Event, Execution, Session } from '@cronium/contracts';
import { ExecutionError, FakeExecutor, FakeServer } from '@cronium/execution';

import { insertServer } from './insert-server';
import { startTestApp, type TestApp } from './test-app';

describe('target strategies', () => {
  let app: TestApp;
  let user: Session;
  let servers: string[];
  const fakes = new Map<string, FakeServer>();
  const fakeOf = (id: string): FakeServer => {
    const fake = fakes.get(id) ?? new FakeServer();
    fakes.set(id, fake);
    return fake;
  };

  beforeAll(async () => {
    app = await startTestApp(({ id }) => new FakeExecutor(fakeOf(id)));
    user = await app.signIn('USER');
    servers = [];
    for (const name of ['A', 'B', 'C']) {
      const tags = name === 'C' ? [] : ['pair'];
      servers.push(await insertServer(app, user.user.id, { maxConcurrentJobs: 2 }, { name, tags }));
    }
  });
  afterAll(() => app.close());
  afterEach(() => fakes.forEach((fake) => (fake.outage = undefined)));

  const createEvent = async (details: object): Promise<Event> => {
    const body = { name: 'Job', type: 'BASH', content: 'echo hello', serverIds: servers, ...details };
    return (await app.as(user, 'post', '/events').send(body).expect(201)).body as Event;
  };
  const run = async (event: Event, body: object = {}): Promise<Execution> =>
    (await app.as(user, 'post', `/events/${event.id}/run?wait=20`).send(body).expect(202)).body as Execution;
  const namesOf = (execution: Execution) => execution.jobs.map(({ serverName }) => serverName);
  const breakDown = (id: string) => {
    fakeOf(id).outage = new ExecutionError('engine_unavailable', 'The engine is down.');
  };

  it('all: a job on each, partial when they end differently, and again only where it failed', async () => {
    const event = await createEvent({});
    breakDown(servers[1] ?? '');
    const execution = await run(event, { input: { n: 1 } });
    expect(execution.state).toBe('partial');
    expect(execution.jobs.map(({ state }) => state)).toEqual(['succeeded', 'failed', 'succeeded']);
    fakeOf(servers[1] ?? '').outage = undefined;
    const again = await app
      .as(user, 'post', `/executions/${execution.id}/run-again`)
      .send({ failedOnly: true })
      .expect(202);
    expect(namesOf(again.body as Execution)).toEqual(['B']);
    expect(again.body).toMatchObject({ input: { n: 1 }, eventId: event.id });
  });

  it('run again: everywhere, and not when nothing failed', async () => {
    const execution = await run(await createEvent({}));
    const again = await app.as(user, 'post', `/executions/${execution.id}/run-again`).send({}).expect(202);
    expect(namesOf(again.body as Execution)).toEqual(['A', 'B', 'C']);
    const refused = await app
      .as(user, 'post', `/executions/${execution.id}/run-again`)
      .send({ failedOnly: true })
      .expect(409);
    expect(refused.body).toMatchObject({ code: 'nothing_failed' });
  });

  it('round_robin: one after the other', async () => {
    const event = await createEvent({ targetStrategy: 'round_robin' });
    const names: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) names.push(...namesOf(await run(event)));
    expect(names).toEqual(['A', 'B', 'C', 'A']);
  });

  it('any: the least loaded', async () => {
    const busy = await createEvent({ content: 'sleep 60', serverIds: [servers[0], servers[1]] });
    const execution = (await app.as(user, 'post', `/events/${busy.id}/run`).send({}).expect(202))
      .body as Execution;
    expect(namesOf(await run(await createEvent({ targetStrategy: 'any' })))).toEqual(['C']);
    await app.as(user, 'post', `/executions/${execution.id}/cancel`).expect(202);
  });

  it('any: not one that is known to be unhealthy', async () => {
    breakDown(servers[0] ?? '');
    await app.as(user, 'post', `/servers/${servers[0] ?? ''}/check`).expect(200);
    const event = await createEvent({ targetStrategy: 'any', serverIds: [servers[0], servers[2]] });
    expect(namesOf(await run(event))).toEqual(['C']);
    fakeOf(servers[0] ?? '').outage = undefined;
    await app.as(user, 'post', `/servers/${servers[0] ?? ''}/check`).expect(200);
  });

  it('failover: goes on to the next when the platform fails, and counts the last', async () => {
    const event = await createEvent({ targetStrategy: 'failover' });
    breakDown(servers[0] ?? '');
    breakDown(servers[1] ?? '');
    const execution = await run(event);
    expect(namesOf(execution)).toEqual(['A', 'B', 'C']);
    expect(execution.jobs.map(({ state }) => state)).toEqual(['failed', 'failed', 'succeeded']);
    expect(execution.state).toBe('succeeded');
  });

  it('failover: not when the script itself failed', async () => {
    const execution = await run(await createEvent({ targetStrategy: 'failover', content: 'exit 3' }));
    expect(namesOf(execution)).toEqual(['A']);
    expect(execution.state).toBe('failed');
  });

  it('a tag: the servers that have it when the event is triggered', async () => {
    const event = await createEvent({ serverIds: undefined, serverTag: 'pair' });
    expect(event).toMatchObject({ serverIds: [], serverTag: 'pair', targetStrategy: 'all' });
    expect(namesOf(await run(event))).toEqual(['A', 'B']);
    await app
      .as(user, 'patch', `/servers/${servers[2] ?? ''}`)
      .send({ tags: ['pair'] })
      .expect(200);
    expect(namesOf(await run(event))).toEqual(['A', 'B', 'C']);
    const none = await createEvent({ serverIds: undefined, serverTag: 'nothing' });
    const refused = await app.as(user, 'post', `/events/${none.id}/run`).send({}).expect(409);
    expect(refused.body).toMatchObject({ code: 'no_server_with_tag' });
  });

  it('refuses servers and a tag together, and neither', async () => {
    const event = await createEvent({});
    const both = await app.as(user, 'patch', `/events/${event.id}`).send({ serverTag: 'pair' }).expect(400);
    expect(both.body).toMatchObject({ errors: [{ path: 'body.serverTag' }] });
    await app.as(user, 'patch', `/events/${event.id}`).send({ serverIds: [] }).expect(400);
    await app.as(user, 'patch', `/events/${event.id}`).send({ serverTag: 'pair', serverIds: [] }).expect(200);
    const body = { name: 'x', type: 'BASH', content: 'true', serverIds: servers, serverTag: 'pair' };
    await app.as(user, 'post', '/events').send(body).expect(400);
  });
});

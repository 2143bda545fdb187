import type { Event, Execution, LogPage, Session } from '@cronium/contracts';
import { FakeExecutor } from '@cronium/execution';
import request from 'supertest';

import { startTestApp, type TestApp } from './test-app';

describe('events and executions', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let stranger: Session;

  beforeAll(async () => {
    app = await startTestApp(() => new FakeExecutor());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    stranger = await app.signIn('USER', 'stranger@example.com');
  });
  afterAll(() => app.close());

  const as = (session: Session, method: 'get' | 'post' | 'patch' | 'delete', path: string) =>
    request(app.server)[method](`/api${path}`).set('Authorization', `Bearer ${session.accessToken}`);

  const createEvent = async (details: object): Promise<Event> => {
    const answer = await as(user, 'post', '/events').send({ name: 'test', type: 'BASH', ...details });
    expect(answer.status).toBe(201);
    return answer.body as Event;
  };

  const run = async (event: Event, body: object = {}): Promise<Execution> => {
    const answer = await as(user, 'post', `/events/${event.id}/run?wait=20`).send(body);
    expect(answer.status).toBe(202);
    return answer.body as Execution;
  };

  it('runs a script to its end, with its log in order', async () => {
    const execution = await run(await createEvent({ content: 'echo one\necho two >&2\nprintf three' }));
    expect(execution).toMatchObject({
      state: 'succeeded',
      jobs: [{ exitCode: 0, logEntries: 3, attempt: 1 }],
    });
    const log = (await as(user, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log`)).body as LogPage;
    expect(log.complete).toBe(true);
    expect(log.entries.map(({ seq, stream, text }) => [seq, stream, text])).toEqual([
      [1, 'stdout', 'one\n'],
      [2, 'stderr', 'two\n'],
      [3, 'stdout', 'three'],
    ]);
    const raw = await as(user, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log/raw`).buffer(true);
    expect(Buffer.from(raw.body as Uint8Array).toString()).toBe('one\ntwo\nthree');
  });

  it.each([
    ['exit 3', { state: 'failed', jobs: [{ exitCode: 3 }] }],
    ['kill -SEGV $$', { state: 'failed', jobs: [{ signal: 'SIGSEGV' }] }],
    ['end out_of_memory', { state: 'failed', jobs: [{ error: { code: 'out_of_memory', platform: false } }] }],
    ['end timeout', { state: 'timed_out', jobs: [{ error: { code: 'timeout', platform: false } }] }],
    [
      'platform_error sandbox_failed',
      { state: 'failed', jobs: [{ error: { code: 'sandbox_failed', platform: true } }] },
    ],
    ['vanish', { state: 'lost', jobs: [{ error: { code: 'script_lost', platform: true } }] }],
  ])('records the end of %j', async (content, expected) => {
    expect(await run(await createEvent({ content }))).toMatchObject(expected);
  });

  it('gives the script its input, and keeps its output', async () => {
    const event = await createEvent({ content: 'cronium_output {"sum":3}' });
    const execution = await run(event, { input: { a: 1 } });
    expect(execution).toMatchObject({ input: { a: 1 }, jobs: [{ output: { sum: 3 } }] });
  });

  it('starts once for one idempotency key', async () => {
    const event = await createEvent({ content: 'echo once' });
    const first = await run(event, { idempotencyKey: 'k' });
    expect((await run(event, { idempotencyKey: 'k' })).id).toBe(first.id);
  });

  it('cancels what runs', async () => {
    const event = await createEvent({ content: 'sleep 60' });
    const started = (await as(user, 'post', `/events/${event.id}/run`).send({})).body as Execution;
    await as(user, 'post', `/executions/${started.id}/cancel`).expect(202);
    const ended = await as(user, 'post', `/events/${event.id}/run?wait=0`).send({});
    await as(user, 'post', `/executions/${(ended.body as Execution).id}/cancel`).expect(202);
    let execution = started;
    while (execution.endedAt === null) {
      execution = (await as(user, 'get', `/executions/${started.id}`)).body as Execution;
    }
    expect(execution.state).toBe('cancelled');
  });

  it('keeps a secret from everyone, and over a save that does not touch it', async () => {
    const event = await createEvent({
      content: 'true',
      environment: [{ key: 'TOKEN', value: 's3cret', secret: true }],
    });
    expect(event.environment).toEqual([{ key: 'TOKEN', value: null, secret: true }]);
    const environment = [{ key: 'TOKEN', value: null, secret: true }];
    const change = { version: 1, name: 'renamed', environment };
    await as(user, 'patch', `/events/${event.id}`).send(change).expect(200);
    await as(user, 'patch', `/events/${event.id}`).send(change).expect(409);
  });

  it('masks a secret in the log and in the output', async () => {
    const event = await createEvent({
      content: 'echo it is s3cret\ncronium_output {"is":"s3cret!"}',
      environment: [{ key: 'TOKEN', value: 's3cret', secret: true }],
    });
    const execution = await run(event);
    expect(execution).toMatchObject({ jobs: [{ output: { is: '••••••!' } }] });
    const log = (await as(user, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log`)).body as LogPage;
    expect(log.entries.map(({ text }) => text).join('')).toBe('it is ••••••\n');
  });

  it('refuses what it does not know, by name', async () => {
    const answer = await as(user, 'post', '/events').send({
      name: 'x',
      type: 'COBOL',
      content: '',
      surprise: 1,
    });
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toMatch('application/problem+json');
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).sort()).toEqual(['body', 'body.content', 'body.type']);
  });

  it('shows a user’s things to the user and to administrators alone', async () => {
    const event = await createEvent({ content: 'echo mine' });
    const execution = await run(event);
    const paths = [
      `/events/${event.id}`,
      `/executions/${execution.id}`,
      `/jobs/${execution.jobs[0]?.id ?? ''}/log`,
    ];
    for (const path of paths) {
      await as(admin, 'get', path).expect(200);
      await as(stranger, 'get', path).expect(404);
      await request(app.server).get(`/api${path}`).expect(401);
    }
    await as(stranger, 'post', `/events/${event.id}/run`).send({}).expect(404);
    await as(stranger, 'post', `/executions/${execution.id}/cancel`).expect(404);
    await as(stranger, 'delete', `/events/${event.id}`).expect(404);
  });

  it('lets administrators alone configure servers', async () => {
    const path = '/servers/019abe00-0000-7000-8000-000000000001';
    await as(user, 'patch', path)
      .send({ containerConfig: { pool: { size: 1 } } })
      .expect(403);
    const answer = await as(admin, 'patch', path).send({ containerConfig: { pool: { size: 1 } } });
    expect(answer.body).toMatchObject({ containerConfig: { pool: { size: 1, refillConcurrency: 2 } } });
  });

  it('documents every route', async () => {
    const document = (await request(app.server).get('/api/openapi.json')).body as { paths: object };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining([
        '/api/auth/login',
        '/api/events/{id}/run',
        '/api/executions/{id}',
        '/api/jobs/{id}/log',
      ]),
    );
  });
});

import {
  type Event,
  eventPageSchema,
  eventSchema,
  type Execution,
  executionPageSchema,
  executionSchema,
  type Session,
} from '@cronium/contracts';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem, expectRefused, readPages, wrongListQueries } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

const nul = 'a\0b';

describe('events', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let stranger: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    stranger = await app.signIn('USER', 'stranger@example.com');
  });
  afterAll(() => app.close());

  const create = async (details: object = {}, session = user): Promise<Event> => {
    const answer = await app
      .as(session, 'post', '/events')
      .send({ name: 'an event', type: 'BASH', content: 'true', ...details });
    expect(answer.status).toBe(201);
    return eventSchema.parse(answer.body);
  };

  describe('POST /events', () => {
    it('creates an event as it was given', async () => {
      const details = {
        name: 'Nightly report',
        description: 'Made at night',
        type: 'PYTHON',
        content: 'print(1)\n',
        serverIds: [localExecutionId],
        timeoutSeconds: 5,
        environment: [{ key: 'A', value: '1', secret: false }],
        limits: { memoryMb: 64 },
        tags: ['a', 'b'],
      };
      expect(await create(details)).toMatchObject({
        ...details,
        servers: [{ id: localExecutionId, name: 'Local Execution', type: 'container' }],
        owner: { id: user.user.id, name: user.user.name },
        version: 1,
      });
    });

    it('has a default for what may be left out', async () => {
      expect(await create()).toMatchObject({
        description: '',
        serverIds: [localExecutionId],
        schedule: { kind: 'manual' },
        timeoutSeconds: 300,
        environment: [],
        limits: {},
        tags: [],
      });
    });

    it.each<[string, object, string[]]>([
      ['an unknown field', { retries: 3 }, ['body']],
      ['an unknown field within', { limits: { gpus: 1 } }, ['body.limits']],
      ['no name', { name: '  ' }, ['body.name']],
      ['no script', { content: '' }, ['body.content']],
      ['an unknown language', { type: 'COBOL' }, ['body.type']],
      ['no time', { timeoutSeconds: 0 }, ['body.timeoutSeconds']],
      ['half a second', { timeoutSeconds: 0.5 }, ['body.timeoutSeconds']],
      ['no server', { serverIds: [] }, ['body.serverIds']],
      ['a server twice', { serverIds: [localExecutionId, localExecutionId] }, ['body.serverIds']],
      ['a server that is not there', { serverIds: [localExecutionId, uuid()] }, ['body.serverIds.1']],
      [
        'a variable with a wrong name',
        { environment: [{ key: '1', value: '' }] },
        ['body.environment.0.key'],
      ],
      [
        'the platform’s own variable',
        { environment: [{ key: 'CRONIUM_X', value: '' }] },
        ['body.environment.0.key'],
      ],
      [
        'a secret to keep that is not there',
        { environment: [{ key: 'A', value: null, secret: true }] },
        ['body.environment.0.value'],
      ],
      [
        'a variable twice',
        { environment: ['A', 'A'].map((key) => ({ key, value: '' })) },
        ['body.environment.1.key'],
      ],
      ['too many tags', { tags: Array.from({ length: 21 }, String) }, ['body.tags']],
      [
        'text that cannot be stored',
        { name: nul, content: nul, tags: ['t', nul] },
        ['body.content', 'body.name', 'body.tags.1'],
      ],
      ['several at once', { name: '', type: 1, tags: 'x' }, ['body.name', 'body.tags', 'body.type']],
    ])('refuses %s', async (_, details, paths) => {
      const body = { name: 'x', type: 'BASH', content: 'true', ...details };
      expectRefused(await app.as(user, 'post', '/events').send(body), paths);
    });

    it('names an unknown field', async () => {
      const answer = await app
        .as(user, 'post', '/events')
        .send({ name: 'x', type: 'BASH', content: 'x', color: 1 });
      expect(expectRefused(answer, ['body']).errors?.[0]?.message).toContain('color');
    });

    it('refuses a body that is none', async () => {
      expectRefused(await app.as(user, 'post', '/events').send([]), ['body']);
      expectRefused(await app.as(user, 'post', '/events'), ['body.content', 'body.name', 'body.type']);
    });
  });

  it.each<['get' | 'patch' | 'delete' | 'post', string]>([
    ['get', ''],
    ['patch', ''],
    ['delete', ''],
    ['post', '/run'],
  ])('%s /events/:id%s is for the owner and administrators', async (method, suffix) => {
    const event = await create();
    const path = `/events/${event.id}${suffix}`;
    await request(app.server)[method](`/api${path}`).expect(401);
    expectProblem(await app.as(stranger, method, path).send({}), 404, 'event_not_found');
    expectProblem(await app.as(user, method, `/events/${uuid()}${suffix}`).send({}), 404, 'event_not_found');
    expectRefused(await app.as(user, method, `/events/1${suffix}`).send({}), ['path.id']);
    const answer = await app.as(admin, method, path).send({});
    expect(answer.status).toBe({ get: 200, patch: 200, delete: 204, post: 202 }[method]);
  });

  describe('PATCH /events/:id', () => {
    it('changes what is given, keeps the rest, and counts the version', async () => {
      const event = await create({ tags: ['a'], environment: [{ key: 'A', value: '1' }] });
      const answer = await app.as(user, 'patch', `/events/${event.id}`).send({ name: 'renamed', tags: [] });
      const changed = eventSchema.parse(answer.body);
      expect(changed).toEqual({
        ...event,
        name: 'renamed',
        tags: [],
        version: 2,
        updatedAt: changed.updatedAt,
      });
      const read = await app.as(user, 'get', `/events/${event.id}`).expect(200);
      expect(eventSchema.parse(read.body)).toEqual(changed);
    });

    it('refuses a change made from another version', async () => {
      const { id } = await create();
      await app.as(user, 'patch', `/events/${id}`).send({ version: 1, name: 'first' }).expect(200);
      const late = await app.as(user, 'patch', `/events/${id}`).send({ version: 1, name: 'second' });
      expectProblem(late, 409, 'version_conflict');
      expect((await app.as(user, 'get', `/events/${id}`)).body).toMatchObject({ name: 'first', version: 2 });
    });

    it('lets one of two concurrent changes win', async () => {
      const { id } = await create();
      const answers = await Promise.all(
        ['a', 'b', 'c'].map((name) => app.as(user, 'patch', `/events/${id}`).send({ version: 1, name })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    });

    it.each<[object, string[]]>([
      [{ owner: 'me' }, ['body']],
      [{ id: uuid() }, ['body']],
      [{ name: '' }, ['body.name']],
      [{ description: nul }, ['body.description']],
      [{ version: 0 }, ['body.version']],
      [{ serverIds: [uuid()] }, ['body.serverIds.0']],
    ])('refuses %j', async (change, paths) => {
      const { id } = await create();
      expectRefused(await app.as(user, 'patch', `/events/${id}`).send(change), paths);
    });
  });

  describe('DELETE /events/:id', () => {
    it('keeps what ran', async () => {
      const { id } = await create({ name: 'short-lived' });
      const ran = (await app.as(user, 'post', `/events/${id}/run?wait=20`).send({})).body as Execution;
      await app.as(user, 'delete', `/events/${id}`).expect(204);
      await app.as(user, 'get', `/events/${id}`).expect(404);
      const kept = await app.as(user, 'get', `/executions/${ran.id}`).expect(200);
      expect(executionSchema.parse(kept.body)).toEqual({ ...ran, eventId: null });
    });

    it('waits for the end of what runs', async () => {
      const { id } = await create({ content: 'sleep 60' });
      const started = (await app.as(user, 'post', `/events/${id}/run`).send({})).body as Execution;
      expectProblem(await app.as(user, 'delete', `/events/${id}`), 409, 'event_running');
      await app.as(user, 'post', `/executions/${started.id}/cancel`).expect(202);
    });
  });

  describe('POST /events/:id/run', () => {
    it.each<[string, object, string, string[]]>([
      ['an unknown field', { inputs: 1 }, '', ['body']],
      [
        'an input that cannot be stored',
        { input: { a: [nul, 'x', '\ud800'] } },
        '',
        ['body.input.a.0', 'body.input.a.2'],
      ],
      ['an input with a key that cannot be', { input: { [nul]: 1 } }, '', ['body.input']],
      ['an input of more than 1 MiB', { input: 'x'.repeat(1024 * 1024) }, '', ['body.input']],
      ['an empty idempotency key', { idempotencyKey: '' }, '', ['body.idempotencyKey']],
      ['no servers', { serverIds: [] }, '', ['body.serverIds']],
      ['a server that is not there', { serverIds: [uuid()] }, '', ['body.serverIds.0']],
      ['too long a wait', {}, '?wait=61', ['query.wait']],
      ['an unknown query parameter', {}, '?sync=1', ['query']],
    ])('refuses %s', async (_, body, query, paths) => {
      const { id } = await create();
      expectRefused(await app.as(user, 'post', `/events/${id}/run${query}`).send(body), paths);
      const list = await app.as(user, 'get', `/executions?eventId=${id}`);
      expect(list.body).toEqual({ items: [], nextCursor: null });
    });

    it('refuses an input nested beyond reason', async () => {
      const { id } = await create();
      const input = '['.repeat(200_000) + ']'.repeat(200_000);
      const answer = await app.as(user, 'post', `/events/${id}/run`).type('json').send(`{"input":${input}}`);
      expectRefused(answer, ['body']);
    });

    it('takes any JSON value as input', async () => {
      const { id } = await create({ content: 'cronium_input' });
      for (const input of [0, '', false, null, [], { a: { b: [1, 'ä🎉'] } }]) {
        const answer = await app.as(user, 'post', `/events/${id}/run?wait=20`).send({ input });
        const execution = executionSchema.parse(answer.body);
        expect(execution.input).toEqual(input);
        const log = await app.as(user, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log/raw`).buffer(true);
        expect(JSON.parse(Buffer.from(log.body as Uint8Array).toString())).toEqual(input);
      }
    });
  });

  describe('GET /events', () => {
    it.each([
      ...wrongListQueries,
      ['type=COBOL', ['query.type']],
      ['search=a%00', ['query.search']],
    ] as const)('refuses %s', async (query, paths) => {
      expectRefused(await app.as(user, 'get', `/events?${query}`), paths);
    });

    it('has every event once, also when many were changed in one instant', async () => {
      const collector = await app.signIn('USER', 'collector@example.com');
      const made: string[] = [];
      for (let count = 0; count < 7; count += 1)
        made.push((await create({ name: `e${count}` }, collector)).id);
      const database = app.app.get(DataSource);
      await database.query(
        `UPDATE events SET updated_at = '2026-01-01T00:00:00.123Z' WHERE owner_id = $1 AND name <> 'e0'`,
        [collector.user.id],
      );
      const items = await readPages(app, collector, '/events', eventPageSchema, 2);
      expect(items[0]?.id).toBe(made[0]);
      expect(items.map(({ id }) => id).slice(1)).toEqual(made.slice(1).sort().reverse());
    });

    it('goes on behind what was read when something is changed meanwhile', async () => {
      const reader = await app.signIn('USER', 'reader@example.com');
      for (const name of ['a', 'b', 'c']) await create({ name }, reader);
      const first = eventPageSchema.parse((await app.as(reader, 'get', '/events?limit=1')).body);
      await create({ name: 'd' }, reader);
      const rest = await app.as(reader, 'get', `/events?cursor=${first.nextCursor ?? ''}`);
      expect(eventPageSchema.parse(rest.body).items.map(({ name }) => name)).toEqual(['b', 'a']);
    });

    it('filters by part of the name, type and tag', async () => {
      const owner = await app.signIn('USER', 'filters@example.com');
      await create({ name: '100% done', tags: ['x', 'y'] }, owner);
      await create({ name: '1000 done', type: 'NODEJS' }, owner);
      await create({ name: 'Report', type: 'NODEJS', tags: ['y'] }, owner);
      const names = async (query: string) => {
        const answer = await app.as(owner, 'get', `/events?${query}`);
        return eventPageSchema.parse(answer.body).items.map(({ name }) => name);
      };
      expect(await names('search=100%25')).toEqual(['100% done']);
      expect(await names('search=REPORT')).toEqual(['Report']);
      expect(await names('type=NODEJS')).toEqual(['Report', '1000 done']);
      expect(await names('tag=y')).toEqual(['Report', '100% done']);
      expect(await names('tag=y&type=BASH&search=done')).toEqual(['100% done']);
      expect(await names('search=nothing')).toEqual([]);
    });

    it('shows a user’s own to the user, and everyone’s to administrators', async () => {
      const other = await app.signIn('USER', 'other@example.com');
      const [mine, theirs] = [await create(), await create({}, other)];
      const idsFor = async (session: Session) =>
        (await readPages(app, session, '/events', eventPageSchema, 200)).map(({ id }) => id);
      expect(await idsFor(other)).toEqual([theirs.id]);
      expect(await idsFor(admin)).toEqual(expect.arrayContaining([mine.id, theirs.id]));
    });

    it('shows the last execution of each', async () => {
      const owner = await app.signIn('USER', 'last@example.com');
      const [ran, never] = [await create({ content: 'exit 1' }, owner), await create({}, owner)];
      await app.as(owner, 'post', `/events/${ran.id}/run?wait=20`).send({}).expect(202);
      const last = (await app.as(owner, 'post', `/events/${ran.id}/run?wait=20`).send({})).body as Execution;
      const { items } = eventPageSchema.parse((await app.as(owner, 'get', '/events')).body);
      expect(items.find(({ id }) => id === ran.id)?.lastExecution).toMatchObject({
        id: last.id,
        state: 'failed',
      });
      expect(items.find(({ id }) => id === never.id)?.lastExecution).toBeNull();
    });
  });

  describe('GET /executions', () => {
    it.each([
      ...wrongListQueries,
      ['state=asleep', ['query.state']],
      ['eventId=1', ['query.eventId']],
      ['since=yesterday', ['query.since']],
    ] as const)('refuses %s', async (query, paths) => {
      expectRefused(await app.as(user, 'get', `/executions?${query}`), paths);
    });

    it('has every execution once, newest first, also when many began in one instant', async () => {
      const runner = await app.signIn('USER', 'runner@example.com');
      const [event, other] = [await create({}, runner), await create({ content: 'exit 4' }, runner)];
      const made: string[] = [];
      for (const { id } of [event, event, event, event, other]) {
        made.push(
          ((await app.as(runner, 'post', `/events/${id}/run?wait=20`).send({})).body as Execution).id,
        );
      }
      await app.app
        .get(DataSource)
        .query(`UPDATE executions SET created_at = '2026-01-01T00:00:00.5Z' WHERE event_id = $1`, [event.id]);
      const ids = async (query: string) =>
        (await readPages(app, runner, `/executions?${query}`, executionPageSchema, 2)).map(({ id }) => id);
      const newest = [made[4], ...made.slice(0, 4).sort().reverse()];
      expect(await ids('')).toEqual(newest);
      expect(await ids(`eventId=${event.id}`)).toEqual(newest.slice(1));
      expect(await ids('state=failed')).toEqual([made[4]]);
      expect(await ids('since=2026-01-02T00:00:00Z')).toEqual([made[4]]);
      expect(await ids('until=2026-01-01T00:00:00.500Z')).toEqual([]);
      expect(await ids('since=2026-01-01T01:00:00.5%2B01:00&until=2026-01-01T00:00:00.501Z')).toEqual(
        newest.slice(1),
      );
      const answer = await app.as(runner, 'get', '/executions?state=failed');
      expect(answer.body).toMatchObject({
        items: [{ exitCode: 4, servers: ['Local Execution'], triggeredBy: { id: runner.user.id } }],
      });
    });
  });
});

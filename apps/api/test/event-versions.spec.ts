import {
  type Calendar,
  type Event,
  eventSchema,
  type EventVersion,
  eventVersionPageSchema,
  eventVersionSchema,
  type Execution,
  executionSchema,
  type Session,
} from '@cronium/contracts';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem, expectRefused, readPages } from './expectations';
import { insertServer } from './insert-server';
import { onFake, startTestApp, type TestApp } from './test-app';

describe('the history of an event', () => {
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

  const create = async (details: object = {}, session = user): Promise<Event> =>
    eventSchema.parse(
      (
        await app
          .as(session, 'post', '/events')
          .send({ name: 'First', type: 'BASH', content: 'echo one', ...details })
          .expect(201)
      ).body,
    );
  const change = async (event: Event, details: object, session = user): Promise<Event> =>
    eventSchema.parse((await app.as(session, 'patch', `/events/${event.id}`).send(details).expect(200)).body);
  const historyOf = async (event: Event, session = user) =>
    readPages(app, session, `/events/${event.id}/versions`, eventVersionPageSchema, 2);
  const version = async (event: Event, number: number): Promise<EventVersion> =>
    eventVersionSchema.parse(
      (await app.as(user, 'get', `/events/${event.id}/versions/${number}`).expect(200)).body,
    );
  const restore = (event: Event, number: number, body: object, session = user) =>
    app.as(session, 'post', `/events/${event.id}/versions/${number}/restore`).send(body);

  it('has every save with its author, its note and what it changed, newest first', async () => {
    const event = await create({ note: ' as it began ' });
    await change(event, { content: 'echo two', tags: ['a'], note: 'second' });
    await change(event, { limits: { memoryMb: 64 }, timeoutSeconds: 5 }, admin);
    await change(event, {
      environment: [{ key: 'A', value: 's3cret!', secret: true }],
      schedule: { kind: 'interval', everySeconds: 3600 },
      paused: true,
    });
    const mine = await insertServer(app, user.user.id);
    await change(event, { serverIds: [localExecutionId, mine], targetStrategy: 'any' });
    const entries = await historyOf(event);
    expect(entries.map(({ version: number, note, changes }) => [number, note, [...changes].sort()])).toEqual([
      [5, null, ['serverIds', 'targetStrategy']],
      [4, null, ['environment', 'paused', 'schedule']],
      [3, null, ['limits', 'timeoutSeconds']],
      [2, 'second', ['content', 'tags']],
      [1, 'as it began', []],
    ]);
    expect(entries.map(({ author }) => author)).toEqual(
      [user, user, admin, user, user].map((by) => ({ id: by.user.id, name: by.user.name })),
    );
  });

  it('makes no version of a save that changes nothing', async () => {
    const event = await create({ environment: [{ key: 'A', value: 'guess me', secret: true }], tags: ['a'] });
    const { name, content, schedule, tags, limits, serverIds } = event;
    const same = { name, content, schedule, tags, limits, serverIds };
    const kept = [{ key: 'A', value: null, secret: true }];
    expect(await change(event, { ...same, environment: kept, note: 'nothing' })).toEqual(event);
    // Whether the value is the same must not be told.
    const given = [{ key: 'A', value: 'guess me', secret: true }];
    expect(await change(event, { environment: given })).toMatchObject({ version: 2 });
  });

  it('shows an event as it was, without its secrets', async () => {
    const server = await insertServer(app, user.user.id, {}, { name: 'Gone soon' });
    const event = await create({
      serverIds: [server],
      environment: [
        { key: 'OPEN', value: '1' },
        { key: 'SECRET', value: 's3cret!', secret: true },
      ],
    });
    await change(event, { name: 'Second', serverIds: [localExecutionId], environment: [], type: 'PYTHON' });
    await app.as(user, 'delete', `/servers/${server}`).expect(204);
    const first = await version(event, 1);
    expect(first).toMatchObject({
      name: 'First',
      type: 'BASH',
      content: 'echo one',
      serverIds: [server],
      servers: [{ id: server, name: 'Gone soon', type: 'container' }],
      environment: [
        { key: 'OPEN', value: '1', secret: false },
        { key: 'SECRET', value: null, secret: true },
      ],
    });
    expect(JSON.stringify(first)).not.toContain('s3cret');
    expect(await version(event, 2)).toMatchObject({ name: 'Second', type: 'PYTHON', environment: [] });
  });

  it('restores everything as it was, secrets too, as a new version', async () => {
    const event = await create({
      content: 'echo it is s3cret!',
      environment: [{ key: 'TOKEN', value: 's3cret!', secret: true }],
      schedule: { kind: 'interval', everySeconds: 7200 },
      tags: ['a'],
    });
    await change(event, { name: 'Other', content: 'true', environment: [], tags: [], paused: true });
    await change(event, { schedule: { kind: 'manual' } });
    const restored = eventSchema.parse((await restore(event, 1, { currentVersion: 3 }).expect(200)).body);
    const { updatedAt, nextRunAt } = restored;
    expect(restored).toEqual({ ...event, version: 4, updatedAt, nextRunAt });
    expect(nextRunAt).not.toBeNull();
    expect((await historyOf(event))[0]).toMatchObject({ version: 4, note: 'Version 1 restored.' });
    const ran = (await app.as(user, 'post', `/events/${event.id}/run?wait=20`).send({}).expect(202))
      .body as Execution;
    const log = await app.as(user, 'get', `/jobs/${ran.jobs[0]?.id ?? ''}/log/raw`).buffer(true);
    // Masked: so the script has the secret.
    expect(Buffer.from(log.body as Uint8Array).toString()).toBe('it is ••••••\n');
  });

  it('restores nothing over what was saved meanwhile', async () => {
    const event = await create();
    await change(event, { name: 'Second' });
    await change(event, { name: 'Third' });
    expectProblem(await restore(event, 1, { currentVersion: 2 }), 409, 'version_conflict');
    expectRefused(await restore(event, 1, {}), ['body.currentVersion']);
    expectRefused(await restore(event, 1, { currentVersion: 3, note: 'x'.repeat(201) }), ['body.note']);
    const answer = await restore(event, 3, { currentVersion: 3 }).expect(200);
    expect(answer.body).toMatchObject({ version: 3 });
    const noted = await restore(event, 1, { currentVersion: 3, note: 'It was better' }).expect(200);
    expect(noted.body).toMatchObject({ name: 'First', version: 4 });
    expect((await historyOf(event))[0]).toMatchObject({ note: 'It was better' });
  });

  it('names what a version needs and is not there any more', async () => {
    const [gone, lost] = [
      await insertServer(app, user.user.id, {}, { name: 'Gone' }),
      await insertServer(app, user.user.id, {}, { name: 'Lost' }),
    ];
    const event = await create({ serverIds: [gone, lost, localExecutionId] });
    await change(event, { serverIds: [localExecutionId] });
    await app.as(user, 'delete', `/servers/${gone}`).expect(204);
    await app.app
      .get(DataSource)
      .query('UPDATE servers SET owner_id = $2 WHERE id = $1', [lost, stranger.user.id]);
    const problem = expectProblem(await restore(event, 1, { currentVersion: 2 }), 409, 'version_unusable');
    expect(problem.detail).toContain('“Gone”, “Lost”');

    const calendar = { name: 'Holidays', kind: 'blackout', visibility: 'everyone' };
    const made = (await app.as(admin, 'post', '/calendars').send(calendar).expect(201)).body as Calendar;
    const kept = await create({ calendarIds: [made.id] });
    await change(kept, { calendarIds: [] });
    expect((await historyOf(kept))[0]?.changes).toEqual(['calendarIds']);
    expect(await version(kept, 1)).toMatchObject({ calendars: [{ name: 'Holidays' }] });
    expect((await restore(kept, 1, { currentVersion: 2 }).expect(200)).body).toMatchObject({
      calendars: [{ name: 'Holidays' }],
    });
    await change(kept, { calendarIds: [] });
    await app.as(admin, 'delete', `/calendars/${made.id}`).expect(204);
    const without = expectProblem(await restore(kept, 1, { currentVersion: 4 }), 409, 'version_unusable');
    expect(without.detail).toContain('the calendar “Holidays”');

    const soon = new Date(Date.now() + 500).toISOString();
    const once = await create({ schedule: { kind: 'once', at: soon } });
    await change(once, { schedule: { kind: 'manual' } });
    await new Promise((resolve) => setTimeout(resolve, 600));
    const passed = expectProblem(await restore(once, 1, { currentVersion: 2 }), 409, 'version_unusable');
    expect(passed.detail).toContain('This time has passed.');
  });

  it('is for the owner and administrators; viewers read, and restore nothing', async () => {
    const viewer = await app.signIn('USER', 'viewer@example.com');
    const event = await create({}, viewer);
    await change(event, { name: 'Second' }, viewer);
    await app.as(admin, 'patch', `/users/${viewer.user.id}`).send({ role: 'VIEWER' }).expect(200);
    const path = `/events/${event.id}/versions`;
    for (const session of [viewer, admin]) {
      await app.as(session, 'get', path).expect(200);
      await app.as(session, 'get', `${path}/1`).expect(200);
    }
    for (const below of ['', '/1']) {
      await request(app.server).get(`/api${path}${below}`).expect(401);
      expectProblem(await app.as(stranger, 'get', path + below), 404, 'event_not_found');
      expectProblem(await app.as(user, 'get', `/events/${uuid()}/versions${below}`), 404, 'event_not_found');
      expectRefused(await app.as(user, 'get', `/events/1/versions${below}`), ['path.id']);
    }
    expectProblem(await restore(event, 1, { currentVersion: 2 }, viewer), 403);
    expectProblem(await restore(event, 1, { currentVersion: 2 }, stranger), 404, 'event_not_found');
    await request(app.server).post(`/api${path}/1/restore`).send({ currentVersion: 2 }).expect(401);
    const mine = await create();
    expectProblem(await app.as(user, 'get', `/events/${mine.id}/versions/2`), 404, 'version_not_found');
    expectProblem(await restore(mine, 2, { currentVersion: 1 }), 404, 'version_not_found');
    expectRefused(await app.as(user, 'get', `/events/${mine.id}/versions/0`), ['path.version']);
  });

  describe('POST /executions/:id/run-again', () => {
    const run = async (event: Event, body: object = {}): Promise<Execution> =>
      executionSchema.parse(
        (await app.as(user, 'post', `/events/${event.id}/run?wait=20`).send(body).expect(202)).body,
      );
    const again = (execution: Execution, body: object = {}) =>
      app.as(user, 'post', `/executions/${execution.id}/run-again`).send(body);
    const logOf = async ({ id }: Execution): Promise<string> => {
      for (;;) {
        const execution = executionSchema.parse((await app.as(user, 'get', `/executions/${id}`)).body);
        if (execution.endedAt === null) continue;
        const log = await app.as(user, 'get', `/jobs/${execution.jobs[0]?.id ?? ''}/log/raw`).buffer(true);
        return Buffer.from(log.body as Uint8Array).toString();
      }
    };

    it('runs the version that ran, with its input, where it ran; or the event as it is now', async () => {
      const server = await insertServer(app, user.user.id, {}, { name: 'Mine' });
      const event = await create({ serverIds: [server] });
      const ran = await run(event, { input: { n: 1 } });
      expect(ran.version).toBe(1);
      await change(event, { content: 'echo two', serverIds: [localExecutionId], name: 'Renamed' });

      const original = executionSchema.parse((await again(ran).expect(202)).body);
      expect(original).toMatchObject({ version: 1, input: { n: 1 }, jobs: [{ serverName: 'Mine' }] });
      expect(await logOf(original)).toBe('one\n');

      const current = executionSchema.parse((await again(ran, { version: 'current' }).expect(202)).body);
      expect(current).toMatchObject({
        version: 2,
        input: { n: 1 },
        eventName: 'Renamed',
        jobs: [{ serverName: 'Local Execution' }],
      });
      expect(await logOf(current)).toBe('two\n');
      expectRefused(await again(ran, { version: 2 }), ['body.version']);
    });

    it('leaves out servers that are gone, and says so when none is left', async () => {
      const gone = await insertServer(app, user.user.id, {}, { name: 'Gone' });
      const event = await create({ serverIds: [gone, localExecutionId] });
      const [both, one] = [await run(event), await run(event, { serverIds: [gone] })];
      await change(event, { serverIds: [localExecutionId] });
      await app.as(user, 'delete', `/servers/${gone}`).expect(204);
      const rest = executionSchema.parse((await again(both).expect(202)).body);
      expect(rest.jobs.map(({ serverName }) => serverName)).toEqual(['Local Execution']);
      expect(expectProblem(await again(one), 409, 'servers_unavailable').detail).toContain('“Gone”');
    });
  });
});

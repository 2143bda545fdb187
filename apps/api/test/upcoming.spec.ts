import {
  type Event,
  type ScheduleInput,
  type Session,
  type Upcoming,
  upcomingBounds,
  upcomingSchema,
} from '@cronium/contracts';
import request from 'supertest';

import { expectRefused } from './expectations';
import { insertServer } from './insert-server';
import { onFake, startTestApp, type TestApp } from './test-app';

const day = 86_400_000;

describe('GET /schedules/upcoming', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake());
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
  });
  afterAll(() => app.close());

  const create = async (schedule: ScheduleInput, details: object = {}, session = user): Promise<Event> =>
    (
      await app
        .as(session, 'post', '/events')
        .send({ name: 'Planned', type: 'BASH', content: 'true', schedule, ...details })
        .expect(201)
    ).body as Event;
  const ask = (session: Session, query: Record<string, string>) =>
    app.as(session, 'get', `/schedules/upcoming?${new URLSearchParams(query).toString()}`);
  const upcoming = async (session: Session, days: number, more: object = {}): Promise<Upcoming> => {
    const query = {
      from: new Date(Date.now() - day).toISOString(),
      to: new Date(Date.now() + days * day).toISOString(),
    };
    return upcomingSchema.parse((await ask(session, { ...query, ...more }).expect(200)).body);
  };

  it('has every planned run of the caller’s events, with where they run', async () => {
    const planner = await app.signIn('USER', 'planner@example.com');
    const server = await insertServer(app, planner.user.id, { maxConcurrentJobs: 3 }, { name: 'Mine' });
    const daily = await create(
      { kind: 'cron', expression: '30 4 * * *', timezone: 'Europe/Berlin' },
      { name: 'Daily', serverIds: [server] },
      planner,
    );
    const paused = await create({ kind: 'interval', everySeconds: 7200 }, { paused: true }, planner);
    const often = await create({ kind: 'interval', everySeconds: 60 }, { name: 'Often' }, planner);
    await create({ kind: 'manual' }, {}, planner);
    await create({ kind: 'once', at: new Date(Date.now() + 20 * day).toISOString() }, {}, planner);
    await create({ kind: 'interval', everySeconds: 3600 });

    const answer = await upcoming(planner, 7);
    expect(answer.events.map(({ id }) => id).sort()).toEqual([daily.id, paused.id, often.id].sort());
    const of = (event: Event) => answer.events.find(({ id }) => id === event.id);
    expect(of(daily)).toMatchObject({
      name: 'Daily',
      paused: false,
      description: 'At 04:30 (Europe/Berlin).',
      servers: [{ id: server, name: 'Mine' }],
      hours: [],
    });
    expect(of(daily)?.runs).toHaveLength(7);
    expect(of(daily)?.runs[0]).toBe(daily.nextRunAt);
    expect(of(paused)).toMatchObject({ paused: true });
    expect(of(paused)?.runs).toHaveLength(84);
    expect(of(often)?.runs).toEqual([]);
    expect(of(often)?.hours.reduce((sum, { count }) => sum + count, 0)).toBe(7 * 24 * 60);
    expect(answer.servers).toContainEqual({ id: server, name: 'Mine', maxConcurrentJobs: 3 });
    expect(answer.omittedEvents).toBe(0);

    const one = await upcoming(planner, 7, { eventId: daily.id });
    expect(one.events.map(({ id }) => id)).toEqual([daily.id]);
    // What is past is no plan.
    const past = { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' };
    expect((await ask(planner, past).expect(200)).body).toMatchObject({ events: [] });
  });

  it('is for everyone who may read events, of their own; administrators see everyone’s', async () => {
    const viewer = await app.signIn('USER', 'viewer@example.com');
    const event = await create({ kind: 'interval', everySeconds: 3600 }, {}, viewer);
    await app.as(admin, 'patch', `/users/${viewer.user.id}`).send({ role: 'VIEWER' }).expect(200);
    const idsFor = async (session: Session) => (await upcoming(session, 1)).events.map(({ id }) => id);
    expect(await idsFor(viewer)).toEqual([event.id]);
    expect(await idsFor(admin)).toContain(event.id);
    expect(await idsFor(user)).not.toContain(event.id);
    expect((await upcoming(user, 1, { eventId: event.id })).events).toEqual([]);
    await request(app.server).get('/api/schedules/upcoming').expect(401);
  });

  it.each<[Record<string, string>, string[]]>([
    [{}, ['query.from', 'query.to']],
    [{ from: 'today', to: '2026-01-02T00:00:00Z' }, ['query.from']],
    [{ from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' }, ['query.to']],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-02-02T00:00:00Z' }, ['query.to']],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', eventId: '1' }, ['query.eventId']],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z', limit: '1' }, ['query']],
  ])('refuses %j', async (query, paths) => {
    expectRefused(await ask(user, query), paths);
  });

  it('answers within its bounds when very many events run very often, and others meanwhile', async () => {
    const busy = await app.signIn('USER', 'busy@example.com');
    const made = upcomingBounds.events + 5;
    const expressionOf = (count: number) => `${count % 60} ${count % 2 === 0 ? '*' : count % 24} * * *`;
    for (let count = 0; count < made; count += 15) {
      await Promise.all(
        Array.from({ length: Math.min(15, made - count) }, (_, index) =>
          create(
            { kind: 'cron', expression: expressionOf(count + index), timezone: 'Europe/Berlin' },
            {},
            busy,
          ),
        ),
      );
    }
    const whole = upcoming(busy, 7);
    const answered = { is: false };
    void whole.catch(() => undefined).finally(() => (answered.is = true));
    const waits: number[] = [];
    while (!answered.is) {
      const since = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      waits.push(performance.now() - since);
    }
    const answer = await whole;
    expect(answer.events.length + answer.omittedEvents).toBe(made);
    expect(answer.events.length).toBeGreaterThan(50);
    const runs = answer.events.reduce((sum, event) => sum + event.runs.length, 0);
    expect(runs).toBeLessThanOrEqual(upcomingBounds.runs);
    // The loop of events is free again after each slice; the answer itself is written in one go.
    waits.sort((one, other) => one - other);
    expect(waits[Math.floor(waits.length * 0.99)]).toBeLessThan(50);
  });
});

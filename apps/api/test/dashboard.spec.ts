import {
  dashboardBounds,
  type DashboardFailures,
  dashboardFailuresSchema,
  type DashboardHeatMap,
  dashboardHeatMapSchema,
  type DashboardSummary,
  dashboardSummarySchema,
  type DashboardTrend,
  dashboardTrendSchema,
  type Event,
  type ExecutionState,
  type Page,
  type ScheduleInput,
  type Session,
} from '@cronium/contracts';
import request from 'supertest';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { RolledUpFigures } from '../src/dashboard/rolled-up-figures';
import { RollUp } from '../src/dashboard/roll-up';
import { expectRefused } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

const hour = 3_600_000;
const day = 24 * hour;

interface Ran {
  readonly state?: ExecutionState;
  /** How long ago it was triggered, in milliseconds. */
  readonly ago?: number;
  readonly waitSeconds?: number;
  readonly runSeconds?: number;
  readonly exitCode?: number;
  readonly code?: string;
}

describe('the dashboard', () => {
  let app: TestApp;
  let database: DataSource;
  let admin: Session;
  let user: Session;
  let other: Session;

  beforeAll(async () => {
    // Without the scheduler: it would count at times of its own.
    app = await startTestApp(onFake(), { environment: { CRONIUM_ROLES: 'api' } });
    database = app.app.get(DataSource);
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    other = await app.signIn('USER', 'other@example.com');
  });
  afterAll(() => app.close());
  afterEach(async () => {
    await database.query(
      'TRUNCATE execution_quarters, execution_hours; DELETE FROM executions; DELETE FROM events',
    );
  });

  const createEvent = async (
    owner: Session,
    name = 'event',
    schedule: ScheduleInput = { kind: 'manual' },
    more: object = {},
  ): Promise<Event> => {
    const details = { name, type: 'BASH', content: 'true', schedule, ...more };
    return (await app.as(owner, 'post', '/events').send(details).expect(201)).body as Event;
  };

  /** An execution that has ended, with one job. */
  const ran = async ({ id: eventId }: Event, what: Ran = {}): Promise<string> => {
    const { state = 'succeeded', ago = day, waitSeconds = 0.1, runSeconds = 2 } = what;
    const id = uuid();
    const began = state !== 'skipped';
    await database.query(
      `WITH execution AS (
         INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger, created_at, started_at, ended_at)
         SELECT $1, event.id, version.id, event.name, event.type, event.owner_id, $3, 'api', $4::timestamptz,
                CASE WHEN $7 THEN $4::timestamptz + make_interval(secs => $5) END, $4::timestamptz + make_interval(secs => $5 + $6)
           FROM events event JOIN event_versions version ON version.event_id = event.id WHERE event.id = $2
         RETURNING *)
       INSERT INTO jobs (id, execution_id, owner_id, event_id, server_name, server_type, position, state, ended_at, exit_code, error)
       SELECT gen_random_uuid(), id, owner_id, event_id, 'x', 'container', 0, CASE state WHEN 'partial' THEN 'failed' ELSE state END, ended_at, $8, $9
         FROM execution WHERE state <> 'skipped'`,
      [
        ...[id, eventId, state, new Date(Date.now() - ago), waitSeconds, runSeconds, began],
        ...[what.exitCode, what.code && { code: what.code, message: `It is ${what.code}.`, platform: false }],
      ],
    );
    return id;
  };

  /** Counts anew all that has ended. */
  const rollUp = async (): Promise<void> => {
    await app.app.get(RollUp, { strict: false }).run();
  };
  const recount = async (): Promise<void> => {
    await database.query(`UPDATE execution_rollup SET until = now() - interval '190 days'`);
    await rollUp();
  };

  const ask = async (session: Session, route: string, query: Record<string, string> = {}) =>
    (await app.as(session, 'get', `/dashboard/${route}?${new URLSearchParams(query).toString()}`).expect(200))
      .body as unknown;
  const summary = async (session: Session, query = {}): Promise<DashboardSummary> =>
    dashboardSummarySchema.parse(await ask(session, 'summary', query));
  const failures = async (session: Session, query = {}): Promise<DashboardFailures> =>
    dashboardFailuresSchema.parse(await ask(session, 'failures', query));
  const heatMap = async (session: Session, query = {}): Promise<DashboardHeatMap> =>
    dashboardHeatMapSchema.parse(await ask(session, 'heatmap', query));
  const trend = async (session: Session, query = {}): Promise<DashboardTrend> =>
    dashboardTrendSchema.parse(await ask(session, 'trend', query));

  it.each(['summary', 'failures', 'heatmap', 'trend'])('asks who wants %s', async (route) => {
    await request(app.server).get(`/api/dashboard/${route}`).expect(401);
    await app.as(user, 'get', `/dashboard/${route}?scope=all`).expect(403);
    expectRefused(await app.as(user, 'get', `/dashboard/${route}?scope=theirs`), ['query.scope']);
  });

  it.each([
    ['days=0', 'query.days'],
    ['days=91', 'query.days'],
    ['days=1.5', 'query.days'],
    ['days=many', 'query.days'],
    ['timezone=Mars/Base', 'query.timezone'],
    ['timezone=%2B02:00', 'query.timezone'],
    ['eventId=1', 'query'],
  ])('refuses %s', async (query, path) => {
    for (const route of ['failures', 'heatmap', 'trend'])
      expectRefused(await app.as(user, 'get', `/dashboard/${route}?${query}`), [path]);
  });

  describe('summary', () => {
    it('has the caller’s events, what runs and waits, and the next run of each', async () => {
      const often = await createEvent(user, 'Often', { kind: 'interval', everySeconds: 60 });
      const rare = await createEvent(user, 'Rare', { kind: 'interval', everySeconds: 7200 });
      await createEvent(user, 'Paused', { kind: 'interval', everySeconds: 60 }, { paused: true });
      await createEvent(user, 'By hand');
      await createEvent(other, 'Theirs', { kind: 'interval', everySeconds: 60 });
      const running = await ran(often, { state: 'running', ago: hour });
      await ran(rare, { state: 'queued' });
      await ran(rare);

      const mine = await summary(user);
      expect(mine.events).toEqual({ total: 4, scheduled: 2, paused: 1 });
      expect(mine.running).toMatchObject({ count: 1, items: [{ id: running, eventName: 'Often' }] });
      expect(mine.queued).toBe(1);
      expect(mine.nextRuns.map(({ eventId, at }) => [eventId, at])).toEqual([
        [often.id, often.nextRunAt],
        [rare.id, rare.nextRunAt],
      ]);
      expect(mine.nextRuns[1]).toMatchObject({ description: 'Every 2 hours.', owner: { id: user.user.id } });

      expect((await summary(admin)).events.total).toBe(0);
      const all = await summary(admin, { scope: 'all' });
      expect(all.events).toEqual({ total: 5, scheduled: 3, paused: 1 });
      expect(all.nextRuns).toHaveLength(3);
    });

    it('is for viewers, too, and bounded', async () => {
      const viewer = await app.signIn('USER', 'viewer@example.com');
      const many = dashboardBounds.nextRuns + 2;
      for (let n = 0; n < many; n += 1) {
        const event = await createEvent(viewer, `E${n}`, { kind: 'interval', everySeconds: 600 });
        await ran(event, { state: 'running', ago: n * 1000 });
      }
      await app.as(admin, 'patch', `/users/${viewer.user.id}`).send({ role: 'VIEWER' }).expect(200);
      const { nextRuns, running } = await summary(viewer);
      expect(nextRuns).toHaveLength(dashboardBounds.nextRuns);
      expect(running.count).toBe(many);
      expect(running.items.map(({ eventName }) => eventName)).toEqual(
        Array.from({ length: dashboardBounds.running }, (_, n) => `E${n}`),
      );
    });
  });

  describe('failures', () => {
    it('are grouped by event and cause, most first', async () => {
      const [one, two] = [await createEvent(user, 'One'), await createEvent(user, 'Two')];
      await ran(one, { state: 'failed', exitCode: 1, ago: 3 * hour });
      const last = await ran(one, { state: 'failed', exitCode: 1, ago: hour });
      await ran(one, { state: 'failed', exitCode: 2, ago: 4 * hour });
      await ran(two, { state: 'timed_out', code: 'timeout', ago: 2 * hour });
      await ran(two);
      await ran(two, { state: 'cancelled' });
      await ran(two, { state: 'failed', exitCode: 1, ago: 20 * day });
      await ran(await createEvent(other, 'Theirs'), { state: 'failed', exitCode: 1 });

      const mine = await failures(user);
      expect(mine.counted).toBe(4);
      expect(
        mine.groups.map(({ eventName, state, code, exitCode, count }) => [
          eventName,
          state,
          code,
          exitCode,
          count,
        ]),
      ).toEqual([
        ['One', 'failed', null, 1, 2],
        ['Two', 'timed_out', 'timeout', null, 1],
        ['One', 'failed', null, 2, 1],
      ]);
      expect(mine.groups[0]?.lastExecutionId).toBe(last);
      expect(mine.groups[1]?.message).toBe('It is timeout.');
      expect((await failures(user, { days: '30' })).counted).toBe(5);
      expect((await failures(admin)).groups).toEqual([]);
      expect((await failures(admin, { scope: 'all' })).counted).toBe(5);
    });

    it('have the cause of the last attempt, and of an event that is deleted its name', async () => {
      const event = await createEvent(user, 'Gone');
      const id = await ran(event, { state: 'failed', exitCode: 1 });
      await database.query(
        `INSERT INTO jobs (id, execution_id, owner_id, server_name, server_type, position, attempt, state, exit_code)
         VALUES (gen_random_uuid(), $1, $2, 'x', 'container', 0, 2, 'failed', 7)`,
        [id, user.user.id],
      );
      await app.as(user, 'delete', `/events/${event.id}`).expect(204);
      expect((await failures(user)).groups).toMatchObject([
        { eventId: null, eventName: 'Gone', exitCode: 7, lastExecutionId: id },
      ]);
    });

    it('are bounded', async () => {
      const event = await createEvent(user);
      for (let exitCode = 1; exitCode <= dashboardBounds.failureGroups + 3; exitCode += 1)
        await ran(event, { state: 'failed', exitCode, ago: exitCode * 1000 });
      const first = await failures(user);
      expect(first.groups).toHaveLength(dashboardBounds.failureGroups);
      expect(first.counted).toBe(dashboardBounds.failureGroups + 3);
      const oldest = await database.query<{ at: Date }[]>(
        `INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger, created_at, ended_at)
         SELECT gen_random_uuid(), event_id, event_version_id, event_name, event_type, owner_id, 'lost', trigger, now() - n * interval '1 min', now()
           FROM executions, generate_series(1, 200) n RETURNING created_at AS at`,
      );
      const bounded = await failures(user);
      expect(bounded.counted).toBe(dashboardBounds.failures);
      expect(Date.parse(bounded.since)).toBeGreaterThan(Math.min(...oldest.map(({ at }) => at.getTime())));
    });
  });

  describe('figures', () => {
    it('are those of the caller’s executions by day, beside the days before', async () => {
      const event = await createEvent(user);
      for (const state of ['succeeded', 'succeeded', 'failed', 'partial', 'timed_out', 'lost'] as const)
        await ran(event, { state, waitSeconds: 0.5, runSeconds: 10 });
      await ran(event, { state: 'cancelled' });
      await ran(event, { state: 'skipped' });
      await ran(event, { ago: 2 * day, waitSeconds: 60, runSeconds: 600 });
      await ran(event, { ago: 10 * day, runSeconds: 40 });
      await ran(await createEvent(other));
      await recount();

      const mine = await trend(user, { days: '7' });
      expect(mine.days).toHaveLength(7);
      expect(mine.days.map(({ date }) => date)).toEqual([...mine.days.map(({ date }) => date)].sort());
      expect(mine.days.at(-1)?.date).toBe(new Date().toISOString().slice(0, 10));
      const of = (ago: number) => {
        const date = new Date(Date.now() - ago).toISOString().slice(0, 10);
        return mine.days.find((one) => one.date === date);
      };
      expect(of(day)).toMatchObject({ succeeded: 2, failed: 4, cancelled: 1, skipped: 1 });
      expect(of(2 * day)).toMatchObject({ succeeded: 1, failed: 0 });
      expect(of(3 * day)).toMatchObject({ succeeded: 0, run: { p50Seconds: null } });
      expect(mine.total).toMatchObject({ succeeded: 3, failed: 4, cancelled: 1, skipped: 1 });
      expect(mine.before).toMatchObject({ succeeded: 1, failed: 0, cancelled: 0, skipped: 0 });
      const isNear = (value: number | null | undefined, expected: number) => {
        expect(Math.abs((value ?? 0) / expected - 1)).toBeLessThan(0.26);
      };
      isNear(mine.total.run.p50Seconds, 10);
      isNear(mine.total.wait.p50Seconds, 0.5);
      isNear(of(2 * day)?.run.p95Seconds, 600);
      isNear(of(2 * day)?.wait.p95Seconds, 60);
      isNear(mine.before.run.p50Seconds, 40);

      expect((await trend(admin)).total.succeeded).toBe(0);
      expect((await trend(admin, { scope: 'all', days: '7' })).total.succeeded).toBe(4);
    });

    it('count each execution once, when it has ended, for the time at which it was triggered', async () => {
      const event = await createEvent(user);
      const id = await ran(event, { state: 'running', ago: 3 * day });
      await database.query('UPDATE executions SET ended_at = NULL WHERE id = $1', [id]);
      await ran(event);
      await recount();
      await rollUp();
      expect((await trend(user)).total).toMatchObject({ succeeded: 1, failed: 0 });
      await database.query(`UPDATE executions SET state = 'failed', ended_at = now() WHERE id = $1`, [id]);
      // Its end is as old as the clock is exact.
      while ((await trend(user)).total.failed === 0) await rollUp();
      await rollUp();
      const { days, total } = await trend(user);
      expect(total).toMatchObject({ succeeded: 1, failed: 1 });
      expect(days.at(-4)).toMatchObject({ failed: 1 });
    });

    it('wait for ends that are not committed yet', async () => {
      const event = await createEvent(user);
      const id = await ran(event, { state: 'running', ago: hour });
      await database.query('UPDATE executions SET ended_at = NULL WHERE id = $1', [id]);
      await recount();
      const ending = database.createQueryRunner();
      try {
        await ending.startTransaction();
        await ending.query(`UPDATE executions SET state = 'succeeded', ended_at = now() WHERE id = $1`, [id]);
        const [begun] = (await ending.query('SELECT now() AS at')) as { at: Date }[];
        const isPast = `SELECT 1 WHERE clock_timestamp() - interval '1.1 s' > $1::timestamptz`;
        while ((await database.query<unknown[]>(isPast, [begun?.at])).length === 0);
        await rollUp();
        const { asOf, total } = await trend(user);
        expect(total.succeeded).toBe(0);
        expect(Date.parse(asOf)).toBeLessThan(begun?.at.getTime() ?? 0);
        await ending.commitTransaction();
      } finally {
        await ending.release();
      }
      await rollUp();
      expect((await trend(user)).total.succeeded).toBe(1);
    });

    it('of an hour are what the list of executions has of it', async () => {
      const event = await createEvent(user);
      for (let n = 0; n < 12; n += 1)
        await ran(event, { state: n % 3 === 0 ? 'failed' : 'succeeded', ago: day + n * 10 * 60_000 });
      await recount();
      for (const timezone of ['UTC', 'Asia/Kathmandu']) {
        const { hours, dates } = await heatMap(user, { timezone, days: '3' });
        expect(dates).toHaveLength(3);
        expect(hours.reduce((sum, { succeeded, failed }) => sum + succeeded + failed, 0)).toBe(12);
        for (const { since, until, failed } of hours) {
          const query = new URLSearchParams({ since, until, state: 'failed' }).toString();
          const listed = (await app.as(user, 'get', `/executions?${query}`).expect(200))
            .body as Page<unknown>;
          expect(listed.items).toHaveLength(failed);
        }
      }
      expect((await heatMap(other)).hours).toEqual([]);
      expect((await heatMap(admin, { scope: 'all' })).hours.length).toBeGreaterThan(1);
    });

    it('follow the clocks of the zone', async () => {
      const figures = app.app.get(RolledUpFigures, { strict: false });
      const at = async (...instants: string[]) => {
        await database.query('TRUNCATE execution_quarters');
        await database.query(
          `INSERT INTO execution_quarters SELECT $1, at, 1, 0, 0, 0 FROM unnest($2::timestamptz[]) AS given(at)`,
          [user.user.id, instants],
        );
      };
      const shown = async (timezone: string, now: string, days = 2) => {
        const period = { ownerId: user.user.id, days, timezone, now: new Date(now) };
        const { hours, dates } = await figures.heatMap(period);
        const { days: trends } = await figures.trend(period);
        return {
          dates,
          hours: hours.map(({ date, hour: of, succeeded }) => [date, of, succeeded]),
          days: trends.map(({ succeeded }) => succeeded),
        };
      };

      // 02:00 does not exist: 01:45 is followed by 03:00.
      await at('2026-03-28T22:45Z', '2026-03-29T00:45Z', '2026-03-29T01:00Z', '2026-03-29T22:00Z');
      expect(await shown('Europe/Berlin', '2026-03-30T12:00Z', 3)).toEqual({
        dates: ['2026-03-28', '2026-03-29', '2026-03-30'],
        hours: [
          ['2026-03-28', 23, 1],
          ['2026-03-29', 1, 1],
          ['2026-03-29', 3, 1],
          ['2026-03-30', 0, 1],
        ],
        days: [1, 2, 1],
      });
      // 02:00 occurs twice.
      await at('2026-10-24T22:00Z', '2026-10-25T00:30Z', '2026-10-25T01:30Z', '2026-10-25T22:45Z');
      expect(await shown('Europe/Berlin', '2026-10-25T23:30Z')).toEqual({
        dates: ['2026-10-25', '2026-10-26'],
        hours: [
          ['2026-10-25', 0, 1],
          ['2026-10-25', 2, 2],
          ['2026-10-25', 23, 1],
        ],
        days: [4, 0],
      });
      // Three quarters of an hour beside UTC.
      await at('2026-05-01T18:00Z', '2026-05-01T18:15Z');
      expect(await shown('Asia/Kathmandu', '2026-05-02T00:00Z')).toEqual({
        dates: ['2026-05-01', '2026-05-02'],
        hours: [
          ['2026-05-01', 23, 1],
          ['2026-05-02', 0, 1],
        ],
        days: [1, 1],
      });
    });
  });
});

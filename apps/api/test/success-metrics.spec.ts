import {
  type Event,
  type Execution,
  type Session,
  type SuccessMetrics,
  successMetricsSchema,
} from '@cronium/contracts';
import { DataSource } from 'typeorm';

import { localExecutionId } from '../src/servers/local-execution';
import { expectProblem } from './expectations';
import { onFake, startTestApp, type TestApp } from './test-app';

/** How the product does what it promises, from the records of its jobs. */
describe('success metrics', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let event: Event;
  beforeAll(async () => {
    app = await startTestApp(onFake());
    [admin, user] = [await app.signIn('ADMIN'), await app.signIn('USER')];
    event = (await app.as(user, 'post', '/events').send({ name: 'Ledger', type: 'BASH', content: 'echo 1' }))
      .body as Event;
  });
  afterAll(() => app.close());

  const metrics = async (query = ''): Promise<SuccessMetrics> =>
    successMetricsSchema.parse(
      (await app.as(admin, 'get', `/monitoring/success${query}`).expect(200)).body as unknown,
    );
  /** A job that ran, with what is said of it written into its row: milliseconds after its trigger. */
  const ran = async (
    times: { place: number; first: number; end: number; visible: number },
    changes = '',
  ): Promise<string> => {
    const { jobs } = (await app.as(user, 'post', `/events/${event.id}/run?wait=30`).send({}))
      .body as Execution;
    const id = jobs[0]?.id ?? '';
    const after = (ms: number) => `queued_at + interval '${ms} ms'`;
    await app.app.get(DataSource).query(
      `UPDATE jobs SET admitted_at = ${after(times.place)}, started_at = ${after(times.first)}, script_ended_at = ${after(times.end)},
                       ended_at = ${after(times.visible)} ${changes} WHERE id = $1`,
      [id],
    );
    return id;
  };

  it('say of a new installation that nothing is known', async () => {
    expect(await metrics()).toMatchObject({
      isWhole: true,
      total: { jobs: 0, platformFailures: 0, successRate: null, start: null },
      errorBudget: { promised: 0.999, allowed: 0, used: 0 },
      adoption: { events: 1, onServers: 1 },
      byDay: [],
    });
  });

  it('tell starts, ends and waits, and what the platform failed, as a whole and by what it was', async () => {
    await ran({ place: 10, first: 50, end: 1000, visible: 1020 });
    await ran({ place: 110, first: 250, end: 1000, visible: 1060 });
    // A script's failure is none of the platform's; a lost job is; what was cancelled is no matter.
    await ran(
      { place: 10, first: 50, end: 1000, visible: 1020 },
      `, state = 'failed', error = '{"code":"x","message":"x","platform":false}'`,
    );
    await ran(
      { place: 10, first: 50, end: 1000, visible: 1020 },
      `, state = 'lost', error = '{"code":"script_lost","message":"x","platform":true}'`,
    );
    await ran({ place: 10, first: 9000, end: 9000, visible: 9000 }, `, state = 'cancelled'`);
    const { total, errorBudget, byDay, byServer, byEvent, byUser } = await metrics();
    expect(total).toMatchObject({ jobs: 4, platformFailures: 1, successRate: 0.75 });
    expect(total.start).toMatchObject({ p50: 40 });
    expect(total.start?.p99).toBeGreaterThan(130);
    expect(total.end).toMatchObject({ p50: 20 });
    expect(total.queueWait).toMatchObject({ p50: 10 });
    expect(total.lateness).toBeNull();
    expect(errorBudget).toEqual({ promised: 0.999, allowed: 0, used: 1 });
    expect(byDay).toHaveLength(1);
    for (const [group] of [byServer, byEvent, byUser])
      expect(group).toMatchObject({ jobs: 4, platformFailures: 1 });
    expect(byServer).toMatchObject([{ id: localExecutionId, name: 'Local Execution' }]);
    expect(byEvent).toMatchObject([{ id: event.id, name: 'Ledger' }]);
    expect(byUser).toMatchObject([{ id: user.user.id, name: 'Test USER' }]);
  });

  it('tell how late planned runs were, by the days of a zone', async () => {
    const id = await ran({ place: 10, first: 250, end: 1000, visible: 1020 });
    await app.app
      .get(DataSource)
      .query(
        `UPDATE executions SET due_at = job.queued_at, planned_at = job.queued_at FROM jobs job WHERE job.id = $1 AND executions.id = job.execution_id`,
        [id],
      );
    expect((await metrics()).total.lateness).toEqual({ p50: 250, p95: 250, p99: 250 });
    const moved = `UPDATE jobs SET queued_at = date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 h' WHERE id = $1`;
    await app.app.get(DataSource).query(moved, [id]);
    const inUtc = (await metrics('?days=2')).byDay;
    expect(inUtc).toHaveLength(2);
    const inTokyo = (await metrics('?days=2&timezone=Asia/Tokyo')).byDay;
    // An hour before midnight there is the morning of the next day here.
    expect(inTokyo[0]?.date).toBe(inUtc[1]?.date);
  });

  it('are for administrators', async () => {
    expectProblem(await app.as(user, 'get', '/monitoring/success'), 403, 'forbidden');
    for (const query of ['?days=0', '?days=91', '?timezone=Mars', '?color=red'])
      expectProblem(await app.as(admin, 'get', `/monitoring/success${query}`), 400);
  });
});

import {
  type Event,
  type Execution,
  executionSchema,
  type Page,
  type ExecutionSummary,
  schedulePreviewSchema,
  type ScheduleInput,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { createInstallation, type Installation, onFake, startTestApp, type TestApp } from './test-app';

describe('schedules', () => {
  let installation: Installation;
  let first: TestApp;
  let second: TestApp;
  let admin: Session;
  let user: Session;

  beforeAll(async () => {
    installation = await createInstallation();
    const executor = onFake(new FakeServer());
    first = await startTestApp(executor, { installation });
    second = await startTestApp(executor, { installation });
    admin = await first.signIn('ADMIN');
    user = await first.signIn('USER');
  });
  afterAll(async () => {
    await Promise.all([first.close(), second.close()]);
    await installation.remove();
  });

  const save = (schedule: ScheduleInput | object, details: object = {}) =>
    first
      .as(user, 'post', '/events')
      .send({ name: 'Planned', type: 'BASH', content: 'true', schedule, ...details });
  const create = async (schedule: ScheduleInput, details: object = {}): Promise<Event> =>
    (await save(schedule, details).expect(201)).body as Event;
  const executionsOf = async (event: Event): Promise<ExecutionSummary[]> =>
    (
      (await first.as(user, 'get', `/executions?eventId=${event.id}&limit=200`).expect(200))
        .body as Page<ExecutionSummary>
    ).items.reverse();
  const until = async (
    event: Event,
    isThere: (executions: ExecutionSummary[]) => boolean,
  ): Promise<ExecutionSummary[]> => {
    for (;;) {
      const executions = await executionsOf(event);
      if (isThere(executions)) return executions;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const stop = (event: Event) =>
    first
      .as(user, 'patch', `/events/${event.id}`)
      .send({ schedule: { kind: 'manual' } })
      .expect(200);
  /** As if the product had been down since a planned time. */
  const planFor = (event: Event, at: Date) =>
    first.app
      .get(DataSource)
      .query('UPDATE events SET next_planned_at = $2, next_run_at = $2 WHERE id = $1', [event.id, at]);

  it('starts an interval on time, once each, with two schedulers', async () => {
    const event = await create({ kind: 'interval', everySeconds: 1 });
    expect(event.nextRunAt).not.toBeNull();
    const executions = await until(event, ({ length }) => length >= 4);
    await stop(event);
    const planned = executions.map(({ plannedAt }) => Date.parse(plannedAt ?? ''));
    planned.slice(1).forEach((time, index) => expect(time - (planned[index] ?? 0)).toBe(1000));
    executions.forEach((execution) => {
      expect(execution).toMatchObject({ trigger: 'schedule', triggeredBy: null });
      // A scheduler that ticked by the second or slower would be late by more.
      expect(Date.parse(execution.createdAt) - Date.parse(execution.plannedAt ?? '')).toBeLessThan(900);
    });
    const [full] = await Promise.all(
      executions.slice(0, 1).map(({ id }) => first.as(user, 'get', `/executions/${id}`)),
    );
    expect(executionSchema.parse(full?.body) satisfies Execution).toMatchObject({
      error: null,
      trigger: 'schedule',
    });
  });

  it('starts many that are due at once, each once, over both processes', async () => {
    const at = new Date(Date.now() + 5000).toISOString();
    const events = await Promise.all(Array.from({ length: 40 }, () => create({ kind: 'once', at })));
    for (const event of events) {
      expect(await until(event, ({ length }) => length > 0)).toHaveLength(1);
    }
    const after = await Promise.all(events.map(executionsOf));
    expect(after.map(({ length }) => length)).toEqual(events.map(() => 1));
    const event = await first.as(user, 'get', `/events/${events[0]?.id ?? ''}`).expect(200);
    expect(event.body).toMatchObject({ nextRunAt: null });
  });

  it('makes up for what it missed as the policy says, and records the rest', async () => {
    const hour = 3600_000;
    const lastHour = Math.floor(Date.now() / hour) * hour;
    const event = await create(
      {
        kind: 'interval',
        everySeconds: 3600,
        anchorAt: new Date(lastHour - 60_000 - 5 * hour).toISOString(),
      },
      { misfirePolicy: 'run_once' },
    );
    await planFor(event, new Date(lastHour - 60_000 - 3 * hour));
    const [other] = await Promise.all([create({ kind: 'interval', everySeconds: 3600 })]);
    const executions = await until(event, ({ length }) => length >= 3);
    expect(executions.filter(({ state }) => state === 'skipped').length).toBe(executions.length - 1);
    const skipped = executions.find(({ state }) => state === 'skipped');
    expect(skipped).toMatchObject({ error: { code: 'missed', platform: false }, servers: [] });
    expect(skipped?.endedAt).not.toBeNull();
    await Promise.all([stop(event), stop(other)]);
  });

  it('records a run that its owner may not start', async () => {
    const event = await create({ kind: 'once', at: new Date(Date.now() + 800).toISOString() });
    await first.as(admin, 'patch', '/settings').send({ local_execution_access: 'admin_only' }).expect(200);
    const [execution] = await until(event, ({ length }) => length > 0);
    expect(execution).toMatchObject({ state: 'skipped', error: { code: 'local_execution_denied' } });
    await first.as(admin, 'patch', '/settings').send({ local_execution_access: 'all_users' }).expect(200);
  });

  it('starts nothing for an owner who is disabled', async () => {
    const leaver = await first.signIn('USER', 'leaver@example.com');
    const body = {
      name: 'Left behind',
      type: 'BASH',
      content: 'true',
      schedule: { kind: 'once', at: new Date(Date.now() + 800).toISOString() },
    };
    const event = (await first.as(leaver, 'post', '/events').send(body).expect(201)).body as Event;
    await first.as(admin, 'patch', `/users/${leaver.user.id}`).send({ status: 'DISABLED' }).expect(200);
    for (;;) {
      const page = (await first.as(admin, 'get', `/executions?eventId=${event.id}`))
        .body as Page<ExecutionSummary>;
      if (page.items.length === 0) continue;
      expect(page.items).toMatchObject([{ state: 'skipped', error: { code: 'owner_disabled' } }]);
      break;
    }
  });

  it('ends after its maximum, and begins anew with another schedule', async () => {
    const schedule = { kind: 'interval' as const, everySeconds: 1, maxExecutions: 2 };
    const event = await create(schedule);
    await until(event, ({ length }) => length >= 2);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await executionsOf(event)).toHaveLength(2);
    const read = async () => (await first.as(user, 'get', `/events/${event.id}`)).body as Event;
    expect(await read()).toMatchObject({ nextRunAt: null });
    // A save that does not touch the schedule plans nothing.
    await first.as(user, 'patch', `/events/${event.id}`).send({ name: 'Renamed', schedule }).expect(200);
    expect(await read()).toMatchObject({ nextRunAt: null });
    await first
      .as(user, 'patch', `/events/${event.id}`)
      .send({ schedule: { ...schedule, everySeconds: 2 } })
      .expect(200);
    expect((await read()).nextRunAt).not.toBeNull();
    await stop(event);
  });

  it('starts nothing while it is paused, and makes up for it as the policy says', async () => {
    const event = await create({ kind: 'interval', everySeconds: 1 });
    await until(event, ({ length }) => length >= 1);
    const set = (change: object) => first.as(user, 'patch', `/events/${event.id}`).send(change).expect(200);
    expect((await set({ paused: true })).body).toMatchObject({ paused: true });
    const before = (await executionsOf(event)).length;
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await executionsOf(event)).toHaveLength(before);
    await first.as(user, 'post', `/events/${event.id}/run`).send({}).expect(202);

    await planFor(event, new Date(Date.now() - 3600_000));
    await set({ paused: false, misfirePolicy: 'skip' });
    const executions = await until(event, (all) => all.some(({ state }) => state === 'skipped'));
    expect(executions.find(({ state }) => state === 'skipped')).toMatchObject({ error: { code: 'missed' } });
    await stop(event);
  });

  it.each([
    [{ kind: 'cron', expression: '61 * * * *' }, 'body.schedule.expression'],
    [{ kind: 'cron', expression: '0 0 30 2 *' }, 'body.schedule.expression'],
    [{ kind: 'cron', expression: '* * * * *', timezone: 'Mars/Olympus' }, 'body.schedule.timezone'],
    [{ kind: 'interval', everySeconds: 0 }, 'body.schedule.everySeconds'],
    [{ kind: 'once', at: '2020-01-01T00:00:00Z' }, 'body.schedule.at'],
    [{ kind: 'once', at: 'tomorrow' }, 'body.schedule.at'],
    [{ kind: 'hourly' }, 'body.schedule.kind'],
  ])('refuses %j, and names the field', async (schedule, path) => {
    const answer = await save(schedule).expect(400);
    expect((answer.body as { errors: { path: string }[] }).errors.map((error) => error.path)).toEqual([path]);
  });

  it('shows a schedule before it is saved', async () => {
    const schedule = { kind: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' };
    const request = { schedule, from: '2026-03-28T12:00:00Z', count: 2 };
    const answer = await first.as(user, 'post', '/schedules/preview').send(request).expect(200);
    const runs = { stoppedBy: null, until: null };
    expect(schedulePreviewSchema.parse(answer.body)).toEqual({
      description: 'At 02:30 (Europe/Berlin).',
      runs: [
        { at: '2026-03-29T01:00:00.000Z', local: '2026-03-29T03:00:00+02:00', mark: 'time_skipped', ...runs },
        { at: '2026-03-30T00:30:00.000Z', local: '2026-03-30T02:30:00+02:00', mark: null, ...runs },
      ],
      gaveUpAt: null,
    });
    const wrong = { schedule: { ...schedule, expression: 'soon' } };
    const refused = await first.as(user, 'post', '/schedules/preview').send(wrong).expect(400);
    expect(refused.body).toMatchObject({ errors: [{ path: 'body.schedule.expression' }] });
  });
});

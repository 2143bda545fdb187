import {
  type Alert,
  type Calendar,
  calendarPageSchema,
  calendarSchema,
  type CreateCalendarInput,
  type Event,
  type ExecutionSummary,
  importPreviewSchema,
  type Page,
  type SchedulePreview,
  schedulePreviewSchema,
  type Session,
} from '@cronium/contracts';
import { FakeServer } from '@cronium/execution';
import { DataSource } from 'typeorm';

import { onFake, startTestApp, type TestApp } from './test-app';

const always = { kind: 'dates', from: '2000-01-01', to: '2999-12-31', label: 'For ever' } as const;
const past = { kind: 'dates', from: '2000-01-01', to: '2000-01-02', label: 'Long ago' } as const;
const ics = (name: string, date: string) =>
  `BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:${name}\r\nDTSTART;VALUE=DATE:${date}\r\nEND:VEVENT\r\nEND:VCALENDAR`;
/** Within what an import looks at. */
const nextYear = new Date().getUTCFullYear() + 1;

describe('calendars', () => {
  let app: TestApp;
  let admin: Session;
  let user: Session;
  let other: Session;
  let viewer: Session;

  beforeAll(async () => {
    app = await startTestApp(onFake(new FakeServer()));
    admin = await app.signIn('ADMIN');
    user = await app.signIn('USER');
    other = await app.signIn('USER', 'other@example.com');
    viewer = await app.signIn('VIEWER');
  });
  afterAll(() => app.close());

  const create = async (
    details: Partial<CreateCalendarInput> = {},
    as: Session = user,
  ): Promise<Calendar> => {
    const body = { name: 'Quiet', kind: 'blackout', rules: [past], ...details };
    return calendarSchema.parse((await app.as(as, 'post', '/calendars').send(body).expect(201)).body);
  };
  const patch = (id: string, change: object, as: Session = user) =>
    app.as(as, 'patch', `/calendars/${id}`).send(change);
  const save = (details: object, as: Session = user) =>
    app.as(as, 'post', '/events').send({
      ...{ name: 'Planned', type: 'BASH', content: 'true', schedule: { kind: 'interval', everySeconds: 1 } },
      ...details,
    });
  const saved = async (details: object): Promise<Event> => (await save(details).expect(201)).body as Event;
  const read = async (id: string): Promise<Event> =>
    (await app.as(user, 'get', `/events/${id}`).expect(200)).body as Event;
  const executionsOf = async (event: Event): Promise<ExecutionSummary[]> =>
    (
      (await app.as(user, 'get', `/executions?eventId=${event.id}&limit=200`).expect(200))
        .body as Page<ExecutionSummary>
    ).items.reverse();
  const until = async (event: Event, isThere: (executions: ExecutionSummary[]) => boolean) => {
    for (;;) {
      const executions = await executionsOf(event);
      if (isThere(executions)) return executions;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const stop = (event: Event) =>
    app
      .as(user, 'patch', `/events/${event.id}`)
      .send({ schedule: { kind: 'manual' } })
      .expect(200);
  /** An hourly event as if the product had been down for so many hours, and is back. */
  const missedSince = async (hours: number, details: object): Promise<Event> => {
    const first = new Date(Date.now() - hours * 3600_000);
    const schedule = { kind: 'interval', everySeconds: 3600, anchorAt: first.toISOString() };
    const event = await saved({ ...details, schedule, paused: true });
    await app.app
      .get(DataSource)
      .query('UPDATE events SET next_planned_at = $2, next_run_at = $2 WHERE id = $1', [event.id, first]);
    await app.as(user, 'patch', `/events/${event.id}`).send({ paused: false }).expect(200);
    return event;
  };
  const alertsOf = async (event: Event, as: Session = user): Promise<Alert[]> =>
    (
      (await app.as(as, 'get', `/alerts?kind=did_not_run&eventId=${event.id}`).expect(200))
        .body as Page<Alert>
    ).items;

  it('are created, read, listed, changed and deleted, and that is on record', async () => {
    const calendar = await create({
      name: 'Nights',
      timezone: 'Europe/Berlin',
      description: 'Quiet, please',
    });
    expect(calendar).toMatchObject({
      ...{ name: 'Nights', kind: 'blackout', visibility: 'private', access: 'manage', usedBy: 0 },
      ...{ rules: [past], imported: null, owner: { id: user.user.id } },
    });
    const list = calendarPageSchema.parse(
      (await app.as(user, 'get', '/calendars?search=night&limit=1').expect(200)).body,
    );
    expect(list.items).toMatchObject([{ id: calendar.id, ruleCount: 1 }]);
    const changed = await patch(calendar.id, { name: 'Evenings', rules: [past, always] }).expect(200);
    expect(changed.body).toMatchObject({
      name: 'Evenings',
      timezone: 'Europe/Berlin',
      rules: [past, always],
    });
    await app.as(user, 'delete', `/calendars/${calendar.id}`).expect(204);
    await app.as(user, 'get', `/calendars/${calendar.id}`).expect(404);
    const log = await app.app
      .get(DataSource)
      .query<{ action: string }[]>('SELECT action FROM audit_log WHERE target_id = $1 ORDER BY at, id', [
        calendar.id,
      ]);
    expect(log.map(({ action }) => action)).toEqual([
      'calendar.created',
      'calendar.changed',
      'calendar.deleted',
    ]);
  });

  it('give a list page by page', async () => {
    for (const name of ['One', 'Two', 'Three']) await create({ name: `Paged ${name}` });
    const pageAt = async (cursor: string) =>
      calendarPageSchema.parse(
        (await app.as(user, 'get', `/calendars?search=paged&limit=2${cursor}`).expect(200)).body,
      );
    const first = await pageAt('');
    const second = await pageAt(`&cursor=${first.nextCursor ?? ''}`);
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual([
      'Paged One',
      'Paged Two',
      'Paged Three',
    ]);
    expect(second.nextCursor).toBeNull();
  });

  it.each<[string, object, string]>([
    ['no name', { name: ' ' }, 'body.name'],
    ['a zone that is none', { timezone: 'Mars/Olympus' }, 'body.timezone'],
    [
      'a time that is none',
      { rules: [{ kind: 'weekly', days: ['mon'], from: '25:00', to: '26:00' }] },
      'body.rules.0.from',
    ],
    [
      'no time at all',
      { rules: [{ kind: 'weekly', days: ['mon'], from: '08:00', to: '08:00' }] },
      'body.rules.0.to',
    ],
    [
      'days in the wrong order',
      { rules: [{ kind: 'dates', from: '2026-02-02', to: '2026-02-01' }] },
      'body.rules.0.to',
    ],
    ['31 June', { rules: [{ kind: 'yearly', month: 6, day: 31 }] }, 'body.rules.0.day'],
    ['nothing that is allowed', { kind: 'allow_only', rules: [] }, 'body.rules'],
    ['too many rules', { rules: Array.from({ length: 2001 }, () => past) }, 'body.rules'],
    ['a file that is none', { import: { ics: 'a,b,c' } }, 'body.import.ics'],
  ])('refuse %s, and name the field', async (_, details, path) => {
    const body = { name: 'Odd', kind: 'blackout', rules: [past], ...details };
    const answer = await app.as(user, 'post', '/calendars').send(body).expect(400);
    const paths = (answer.body as { errors: { path: string }[] }).errors.map((error) => error.path);
    expect(paths).toContain(path);
  });

  /** Who asks, whose and how visible the calendar is, and the answers to read, change, delete and use in an event. */
  it.each<[string, string, 'private' | 'everyone', number[]]>([
    ['owner', 'user', 'private', [200, 200, 201, 204]],
    ['other', 'user', 'private', [404, 404, 400, 404]],
    ['viewer', 'user', 'private', [404, 403, 403, 403]],
    ['admin', 'user', 'private', [200, 200, 201, 409]],
    ['owner', 'user', 'everyone', [200, 403, 201, 403]],
    ['other', 'admin', 'everyone', [200, 403, 201, 403]],
    ['viewer', 'admin', 'everyone', [200, 403, 403, 403]],
    ['admin', 'admin', 'everyone', [200, 200, 201, 409]],
  ])('let %s at one of %s that is %s: %j', async (who, owner, visibility, expected) => {
    const sessions: Record<string, Session> = { owner: user, other, viewer, admin, user };
    const caller = sessions[who] ?? user;
    const calendar = await create({}, sessions[owner]);
    if (visibility === 'everyone') await patch(calendar.id, { visibility }, admin).expect(200);
    const statuses = [
      (await app.as(caller, 'get', `/calendars/${calendar.id}`)).status,
      (await patch(calendar.id, { description: 'changed' }, caller)).status,
    ];
    const event = await save({ calendarIds: [calendar.id], schedule: { kind: 'manual' } }, caller);
    // An event of the owner's own is in the way of nobody who confirms.
    const confirm = who === 'owner' ? '?confirm=true' : '';
    const deleted = await app.as(caller, 'delete', `/calendars/${calendar.id}${confirm}`);
    expect([...statuses, event.status, deleted.status]).toEqual(expected);
    const listed = await app.as(caller, 'get', '/calendars?limit=200').expect(200);
    const isListed = calendarPageSchema.parse(listed.body).items.some(({ id }) => id === calendar.id);
    expect(isListed).toBe(expected[0] === 200 && deleted.status !== 204);
  });

  it('become visible to everyone by an administrator alone, and private only when no event of others uses them', async () => {
    const calendar = await create();
    await patch(calendar.id, { visibility: 'everyone' }).expect(403);
    await app
      .as(user, 'post', '/calendars')
      .send({ name: 'Mine', kind: 'blackout', visibility: 'everyone' })
      .expect(403);
    await patch(calendar.id, { visibility: 'everyone' }, admin).expect(200);
    const event = (await save({ name: 'Theirs', calendarIds: [calendar.id] }, other).expect(201))
      .body as Event;
    const refused = await patch(calendar.id, { visibility: 'private' }, admin).expect(409);
    expect(refused.body).toMatchObject({ code: 'calendar_in_use' });
    expect((refused.body as { detail: string }).detail).toContain('“Theirs”');
    await app.as(other, 'delete', `/events/${event.id}`).expect(204);
    await patch(calendar.id, { visibility: 'private' }, admin).expect(200);
  });

  it('are imported from a file, and again, without losing what is written by hand', async () => {
    const preview = await app
      .as(user, 'post', '/calendars/import-preview')
      .send({ ics: ics('Feast', `${nextYear}0501`) })
      .expect(200);
    const feast = { kind: 'dates', from: `${nextYear}-05-01`, to: `${nextYear}-05-01`, label: 'Feast' };
    expect(importPreviewSchema.parse(preview.body)).toMatchObject({ rules: [feast], leftOut: 0 });
    const calendar = await create({
      import: { ics: ics('Feast', `${nextYear}0501`), fileName: 'feasts.ics' },
    });
    expect(calendar).toMatchObject({ rules: [past], imported: { fileName: 'feasts.ics', rules: [feast] } });
    const again = await app
      .as(user, 'put', `/calendars/${calendar.id}/import`)
      .send({ ics: ics('Fast', `${nextYear}0601`) })
      .expect(200);
    expect(again.body).toMatchObject({ rules: [past], imported: { rules: [{ label: 'Fast' }] } });
    const none = await app.as(user, 'delete', `/calendars/${calendar.id}/import`).expect(200);
    expect(none.body).toMatchObject({ rules: [past], imported: null });
    const refused = await app
      .as(user, 'put', `/calendars/${calendar.id}/import`)
      .send({ ics: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR' })
      .expect(400);
    expect(refused.body).toMatchObject({ code: 'ics_invalid', errors: [{ path: 'body.ics' }] });
  });

  it('stop what is planned, on record, and let it run when they change', async () => {
    const calendar = await create({ rules: [always] });
    const event = await saved({
      calendarIds: [calendar.id],
      schedule: { kind: 'interval', everySeconds: 1, maxExecutions: 2 },
    });
    expect(event).toMatchObject({ calendars: [{ id: calendar.id, name: 'Quiet' }] });
    expect(event.nextRunAt).toMatch(/^3000-01-01T00:00:00/);
    const stopped = await until(event, ({ length }) => length >= 3);
    stopped.forEach((execution) => {
      expect(execution).toMatchObject({ state: 'skipped', error: { code: 'calendar' } });
      expect(execution.error?.message).toContain('“Quiet” stops what is planned then: For ever');
    });
    await patch(calendar.id, { rules: [past] }).expect(200);
    expect((await read(event.id)).nextRunAt).toMatch(/^20/);
    // What was stopped does not count: both runs still come.
    const ran = await until(event, (all) => all.filter(({ state }) => state === 'succeeded').length >= 2);
    expect(ran.findIndex(({ state }) => state !== 'skipped')).toBeGreaterThanOrEqual(3);
    expect(await read(event.id)).toMatchObject({ nextRunAt: null });
    expect(await alertsOf(event)).toEqual([]);
  });

  it('skip a late time that they stop, and no other', async () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const calendar = await create({
      rules: [
        { kind: 'window', from: `${yesterday}T00:00:00Z`, to: new Date(Date.now() - 7200_000).toISOString() },
      ],
    });
    const event = await missedSince(4.5, { calendarIds: [calendar.id], misfirePolicy: 'skip' });
    const executions = await until(event, ({ length }) => length >= 5);
    const codes = executions.map(({ error }) => error?.code ?? null);
    expect(codes).toEqual(['calendar', 'calendar', 'calendar', 'missed', 'missed']);
    expect(await alertsOf(event)).toMatchObject([
      { kind: 'did_not_run', count: 2, resolvedAt: null, event: { id: event.id }, server: null },
    ]);
    await stop(event);
  });

  it('are named before one is deleted that events use, and the events then run', async () => {
    const calendar = await create({ rules: [always] });
    const event = await saved({
      name: 'Nightly',
      calendarIds: [calendar.id],
      schedule: { kind: 'cron', expression: '0 0 1 1 *' },
    });
    expect((await app.as(user, 'get', `/calendars/${calendar.id}`)).body).toMatchObject({ usedBy: 1 });
    const refused = await app.as(user, 'delete', `/calendars/${calendar.id}`).expect(409);
    expect(refused.body).toMatchObject({ code: 'calendar_in_use' });
    expect((refused.body as { detail: string }).detail).toContain('“Nightly”');
    await app.as(user, 'delete', `/calendars/${calendar.id}?confirm=true`).expect(204);
    expect(await read(event.id)).toMatchObject({
      calendarIds: [],
      nextRunAt: `${nextYear}-01-01T00:00:00.000Z`,
    });
  });

  it('belong to the owner of the event, also when an administrator saves it', async () => {
    const event = await saved({ schedule: { kind: 'manual' } });
    const theirs = await create({}, other);
    const set = (as: Session) =>
      app.as(as, 'patch', `/events/${event.id}`).send({ calendarIds: [theirs.id] });
    for (const as of [user, admin]) {
      const answer = await set(as).expect(400);
      expect(answer.body).toMatchObject({
        code: 'calendar_not_usable',
        errors: [{ path: 'body.calendarIds.0' }],
      });
    }
  });

  it('are in a preview, with who stops what', async () => {
    const weekend = await create({
      name: 'Weekend',
      rules: [{ kind: 'weekly', days: ['sat', 'sun'], from: '00:00', to: '24:00', label: 'Rest' }],
    });
    const preview = async (request: object): Promise<SchedulePreview> =>
      schedulePreviewSchema.parse(
        (await app.as(user, 'post', '/schedules/preview').send(request).expect(200)).body,
      );
    const schedule = { kind: 'cron', expression: '0 9 * * *' };
    // Friday, 1 May 2026.
    const request = { schedule, calendarIds: [weekend.id], from: '2026-05-01T00:00:00Z', count: 2 };
    const shown = await preview(request);
    expect(shown.runs.map(({ local, stoppedBy }) => [local.slice(8, 13), stoppedBy?.rule ?? null])).toEqual([
      ['01T09', null],
      ['02T09', 'Rest (Sat, Sun 00:00–24:00)'],
      ['03T09', 'Rest (Sat, Sun 00:00–24:00)'],
      ['04T09', null],
    ]);
    expect(shown.gaveUpAt).toBeNull();
    // Of a schedule by the second only the first are listed.
    const bySecond = await preview({
      ...{ schedule: { kind: 'interval', everySeconds: 1, anchorAt: '2026-01-01T00:00:00Z' } },
      calendarIds: [weekend.id],
      ...{ from: '2026-05-02T00:00:00Z', count: 1 },
    });
    expect(bySecond.runs).toHaveLength(4);
    expect(bySecond.runs[2]?.until).toBe(bySecond.runs[3]?.at);
    expect(bySecond.runs[3]).toMatchObject({ stoppedBy: null });
    expect(bySecond.runs[3]?.at.slice(0, 16)).toBe('2026-05-04T00:00');
    // And what never runs says so.
    const never = await preview({
      ...request,
      schedule: { ...schedule, expression: '0 9 * * SAT' },
    });
    expect(never.runs.every(({ stoppedBy }) => stoppedBy !== null)).toBe(true);
    expect(never.gaveUpAt).not.toBeNull();
    await app.as(other, 'post', '/schedules/preview').send(request).expect(400);
  });

  it('are previewed for an event with what has run already', async () => {
    const schedule = { kind: 'interval' as const, everySeconds: 3600, maxExecutions: 5 };
    const event = await saved({ schedule });
    await app.app.get(DataSource).query('UPDATE events SET scheduled_runs = 3 WHERE id = $1', [event.id]);
    const runsOf = async (request: object) =>
      (
        (
          await app
            .as(user, 'post', '/schedules/preview')
            .send({ eventId: event.id, ...request })
            .expect(200)
        ).body as SchedulePreview
      ).runs;
    const runs = await runsOf({ schedule });
    expect(runs).toHaveLength(2);
    expect((Date.parse(runs[0]?.at ?? '') - Date.parse(event.createdAt)) % 3600_000).toBe(0);
    expect(await runsOf({ schedule: { ...schedule, everySeconds: 60 } })).toHaveLength(5);
    await app.as(other, 'post', '/schedules/preview').send({ eventId: event.id, schedule }).expect(404);
  });

  it('have nothing to do with what its owner may not start: that does not count, and is alerted', async () => {
    await app.as(admin, 'patch', '/settings').send({ local_execution_access: 'all_users' }).expect(200);
    const event = await saved({ schedule: { kind: 'interval', everySeconds: 1, maxExecutions: 1 } });
    await app.as(admin, 'patch', '/settings').send({ local_execution_access: 'admin_only' }).expect(200);
    const refused = await until(
      event,
      (all) => all.length >= 2 || all.some(({ state }) => state !== 'skipped'),
    );
    const [open] = await alertsOf(event);
    expect(open).toMatchObject({
      ...{ kind: 'did_not_run', resolvedAt: null, title: '“Planned” did not run as planned' },
      details: { code: 'local_execution_denied' },
    });
    expect(await alertsOf(event, other)).toEqual([]);
    expect(await alertsOf(event, admin)).toHaveLength(1);
    await app.as(admin, 'patch', '/settings').send({ local_execution_access: 'all_users' }).expect(200);
    if (refused.every(({ state }) => state === 'skipped')) {
      await until(event, (all) => all.some(({ state }) => state === 'succeeded'));
    }
    const [resolved] = await alertsOf(event);
    expect(resolved?.id).toBe(open?.id);
    expect(resolved?.resolvedAt).not.toBeNull();
  });

  it('leave it visible when a run was late', async () => {
    const event = await missedSince(0.5, { misfirePolicy: 'run_once' });
    const executions = await until(event, (all) => all.some(({ state }) => state === 'succeeded'));
    const late = executions.find(({ state }) => state === 'succeeded');
    expect(late?.lateSeconds).toBeGreaterThanOrEqual(1800);
    expect(late?.lateSeconds).toBeLessThan(1900);
    await stop(event);
  });
});

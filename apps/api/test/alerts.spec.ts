import {
  type Alert,
  type AlertDetails,
  alertDetailsSchema,
  alertPageSchema,
  type AlertRuleList,
  type AlertSilence,
  alertSilencePageSchema,
  type Event,
  openAlertsSchema,
  type Session,
} from '@cronium/contracts';
import { v7 as uuid } from 'uuid';

import { type AlertFixture, anHour, startAlertFixture, webhook } from './alert-fixture';
import { expectProblem, expectRefused, readPages, wrongListQueries } from './expectations';
import { insertServer } from './insert-server';
import { connect, heard } from './test-socket';

describe('alerts', () => {
  let fixture: AlertFixture;
  let admin: Session;
  let owner: Session;
  let manager: Session;
  let viewer: Session;
  let stranger: Session;
  let serverId: string;
  let event: Event;

  beforeAll(async () => {
    fixture = await startAlertFixture();
    admin = await fixture.app.signIn('ADMIN');
    owner = await fixture.app.signIn('USER', 'owner@example.com');
    manager = await fixture.app.signIn('USER', 'manager@example.com');
    viewer = await fixture.app.signIn('VIEWER');
    stranger = await fixture.app.signIn('USER', 'stranger@example.com');
    serverId = await insertServer(fixture.app, owner.user.id, {}, { name: 'Web' });
    const items = [
      { userId: manager.user.id, level: 'manage' },
      { userId: viewer.user.id, level: 'manage' },
      { userId: stranger.user.id, level: 'use' },
    ];
    await fixture.app.as(owner, 'put', `/servers/${serverId}/shares`).send({ items }).expect(200);
    event = await fixture.createEvent(owner);
  });
  afterAll(() => fixture.app.close());
  beforeEach(async () => {
    for (const table of ['alerts', 'alert_silences', 'alert_channels'])
      await fixture.database.query(`DELETE FROM ${table}`);
  });

  const raiseAll = async (): Promise<void> => {
    await fixture.raise({ kind: 'server_unhealthy', subject: { serverId }, title: 'Server', details: {} });
    await fixture.raise({
      kind: 'failure_streak',
      subject: { eventId: event.id },
      title: 'Event',
      details: {},
    });
    await fixture.raise({
      kind: 'backup_old',
      severity: 'info',
      subject: 'system',
      title: 'System',
      details: {},
    });
  };
  const titles = async (as: Session, query = ''): Promise<string[]> => {
    const { body } = await fixture.app.as(as, 'get', `/alerts?${query}`).expect(200);
    return alertPageSchema.parse(body).items.map(({ title }) => title);
  };
  const idOf = async (title: string): Promise<string> => {
    const [row] = await fixture.database.query<{ id: string }[]>('SELECT id FROM alerts WHERE title = $1', [
      title,
    ]);
    return row?.id ?? '';
  };

  describe('who may', () => {
    type Person = 'admin' | 'owner' | 'manager' | 'viewer' | 'stranger';
    const people = (): Record<Person, Session> => ({ admin, owner, manager, viewer, stranger });

    it.each<[Person, string[], number, number]>([
      ['admin', ['Event', 'Server', 'System'], 200, 200],
      ['owner', ['Event', 'Server'], 200, 200],
      ['manager', ['Server'], 404, 200],
      ['viewer', ['Server'], 403, 403],
      ['stranger', [], 404, 404],
    ])('%s: sees %j', async (person, expected, ofEvent, ofServer) => {
      await raiseAll();
      const session = people()[person];
      expect((await titles(session)).sort()).toEqual(expected);
      const open = openAlertsSchema.parse(
        (await fixture.app.as(session, 'get', '/alerts/open').expect(200)).body,
      );
      expect(open.items.map(({ title }) => title).sort()).toEqual(expected);
      for (const title of ['Event', 'Server', 'System'])
        await fixture.app
          .as(session, 'get', `/alerts/${await idOf(title)}`)
          .expect(expected.includes(title) ? 200 : 404);
      for (const act of ['acknowledge', 'resolve']) {
        await fixture.app
          .as(session, 'post', `/alerts/${await idOf('Event')}/${act}`)
          .send({})
          .expect(ofEvent);
        await fixture.app
          .as(session, 'post', `/alerts/${await idOf('Server')}/${act}`)
          .send({})
          .expect(ofServer);
      }
    });

    it.each<[Person, boolean]>([
      ['admin', true],
      ['owner', false],
      ['manager', false],
      ['viewer', false],
    ])('%s: sets up rules and channels, and reads the log: %s', async (person, isAllowed) => {
      const session = people()[person];
      const { items } = (await fixture.app.as(admin, 'get', '/alert-rules')).body as AlertRuleList;
      const rule = `/alert-rules/${items[0]?.id ?? ''}`;
      const status = (allowed: number) => (isAllowed ? allowed : 403);
      await fixture.app.as(session, 'get', '/alert-rules').expect(status(200));
      await fixture.app.as(session, 'get', rule).expect(status(200));
      await fixture.app.as(session, 'patch', rule).send({}).expect(status(200));
      await fixture.app.as(session, 'get', '/alert-deliveries').expect(status(200));
      await fixture.app.as(session, 'get', '/alert-channels').expect(status(200));
      await fixture.app.as(session, 'post', '/alert-channels').send(webhook).expect(status(201));
      for (const [method, path] of [
        ...([
          ['get', ''],
          ['patch', ''],
          ['delete', ''],
          ['post', '/test'],
        ] as const),
      ])
        await fixture.app
          .as(session, method, `/alert-channels/${uuid()}${path}`)
          .send({})
          .expect(status(404));
    });

    it.each<[Person, Record<'all' | 'server' | 'event', number>]>([
      ['admin', { all: 201, server: 201, event: 201 }],
      ['owner', { all: 403, server: 201, event: 201 }],
      ['manager', { all: 403, server: 201, event: 400 }],
      ['viewer', { all: 403, server: 403, event: 403 }],
      ['stranger', { all: 403, server: 400, event: 400 }],
    ])('%s: silences %j', async (person, expected) => {
      const session = people()[person];
      const silence = (more: object) =>
        fixture.app.as(session, 'post', '/alert-silences').send({ ...anHour(), reason: 'x', ...more });
      expect((await silence({})).status).toBe(expected.all);
      expect((await silence({ serverId })).status).toBe(expected.server);
      expect((await silence({ eventId: event.id })).status).toBe(expected.event);
      const made = Object.values(expected).filter((status) => status === 201).length;
      const { body } = await fixture.app.as(session, 'get', '/alert-silences').expect(200);
      const { items } = alertSilencePageSchema.parse(body);
      expect(items).toHaveLength(made);
      for (const { id } of items)
        await fixture.app.as(session, 'delete', `/alert-silences/${id}`).expect(204);
    });

    it('deletes no silence of what is another’s', async () => {
      const created = await fixture.app
        .as(owner, 'post', '/alert-silences')
        .send({ ...anHour(), reason: 'x', eventId: event.id })
        .expect(201);
      const path = `/alert-silences/${(created.body as AlertSilence).id}`;
      await fixture.app.as(manager, 'delete', path).expect(404);
      await fixture.app.as(viewer, 'delete', path).expect(403);
      await fixture.app.as(admin, 'delete', path).expect(204);
    });
  });

  describe('list', () => {
    it.each([
      ['severity=critical', ['Server']],
      ['kind=backup_old', ['System']],
      ['state=resolved', ['Event']],
      ['state=acknowledged', ['Server']],
      ['open=true', ['System', 'Server']],
      ['open=true&severity=warning', []],
    ])('those of %s', async (query, expected) => {
      await raiseAll();
      await fixture.app
        .as(owner, 'post', `/alerts/${await idOf('Event')}/resolve`)
        .send({})
        .expect(200);
      await fixture.app
        .as(owner, 'post', `/alerts/${await idOf('Server')}/acknowledge`)
        .send({})
        .expect(200);
      expect(await titles(admin, query)).toEqual(expected);
    });

    it('those of a server, and of an event', async () => {
      await raiseAll();
      expect(await titles(admin, `serverId=${serverId}`)).toEqual(['Server']);
      expect(await titles(admin, `eventId=${event.id}`)).toEqual(['Event']);
    });

    it('page by page, newest first', async () => {
      for (let count = 0; count < 5; count += 1) {
        const id = await insertServer(fixture.app, owner.user.id);
        await fixture.raise({
          kind: 'queue_growing',
          subject: { serverId: id },
          title: String(count),
          details: {},
        });
      }
      const items = await readPages(fixture.app, owner, '/alerts', alertPageSchema, 2);
      expect(items.map(({ title }) => title)).toEqual(['4', '3', '2', '1', '0']);
    });

    it.each([
      ...wrongListQueries,
      ['state=closed', ['query.state']],
      ['kind=fire', ['query.kind']],
      ['severity=high', ['query.severity']],
      ['serverId=1', ['query.serverId']],
    ] as [string, string[]][])('refuses %s', async (query, paths) => {
      expectRefused(await fixture.app.as(admin, 'get', `/alerts?${query}`), paths);
    });

    it.each(['alert-silences', 'alert-channels', 'alert-deliveries'])(
      '%s: refuses wrong queries',
      async (path) => {
        for (const [query, paths] of wrongListQueries)
          expectRefused(await fixture.app.as(admin, 'get', `/${path}?${query}`), paths);
      },
    );
  });

  it('count those that nobody has acknowledged, the most severe first', async () => {
    await raiseAll();
    const read = async () =>
      openAlertsSchema.parse((await fixture.app.as(admin, 'get', '/alerts/open').expect(200)).body);
    expect((await read()).counts).toEqual({ critical: 1, warning: 1, info: 1 });
    expect((await read()).items.map(({ severity }) => severity)).toEqual(['critical', 'warning', 'info']);
    await fixture.app
      .as(admin, 'post', `/alerts/${await idOf('Server')}/acknowledge`)
      .send({})
      .expect(200);
    expect((await read()).counts).toEqual({ critical: 0, warning: 1, info: 1 });
  });

  it('go from open to acknowledged to resolved, and remember by whom', async () => {
    await raiseAll();
    const path = `/alerts/${await idOf('Server')}`;
    const acknowledged = await fixture.app
      .as(manager, 'post', `${path}/acknowledge`)
      .send({ note: ' On my way ' })
      .expect(200);
    expect(alertDetailsSchema.parse(acknowledged.body)).toMatchObject({
      ...{ state: 'acknowledged', acknowledgedBy: { id: manager.user.id }, mayChange: true },
      history: [
        { kind: 'opened', by: null },
        { kind: 'acknowledged', by: { id: manager.user.id }, note: 'On my way' },
      ],
    });
    // A second one changes nothing.
    await fixture.app.as(owner, 'post', `${path}/acknowledge`).send({}).expect(200);
    const resolved = (await fixture.app.as(owner, 'post', `${path}/resolve`).send().expect(200))
      .body as AlertDetails;
    expect(resolved).toMatchObject({ state: 'resolved', acknowledgedBy: { id: manager.user.id } });
    expect(resolved.history.map(({ kind }) => kind)).toEqual(['opened', 'acknowledged', 'resolved']);
    for (const act of ['acknowledge', 'resolve'])
      expectProblem(await fixture.app.as(owner, 'post', `${path}/${act}`).send({}), 409, 'alert_resolved');
    const audit = await fixture.database.query<{ action: string }[]>(
      `SELECT action FROM audit_log WHERE target_type = 'alert' AND actor_id = $1 ORDER BY at DESC LIMIT 1`,
      [owner.user.id],
    );
    expect(audit).toEqual([{ action: 'alert.resolved' }]);
    // What happens again is another alert.
    await raiseAll();
    expect(await titles(owner, `serverId=${serverId}`)).toEqual(['Server', 'Server']);
    expectRefused(await fixture.app.as(owner, 'post', `${path}/resolve`).send({ note: 1, why: '' }), [
      'body',
      'body.note',
    ]);
    expectProblem(await fixture.app.as(owner, 'get', `/alerts/${uuid()}`), 404, 'alert_not_found');
    expectRefused(await fixture.app.as(owner, 'get', '/alerts/1'), ['path.id']);
  });

  it('are told on the socket to those who may see them, and to nobody else', async () => {
    const sockets = await Promise.all(
      [admin, owner, manager, stranger].map(({ accessToken }) => connect(fixture.app, accessToken)),
    );
    const [ofAdmin, ofOwner, ofManager, ofStranger] = sockets;
    if (!ofAdmin || !ofOwner || !ofManager || !ofStranger) throw new Error('There is a socket for each.');
    const wrong: Alert[] = [];
    ofStranger.on('alert.changed', (alert) => wrong.push(alert));
    ofManager.on('alert.changed', ({ event: about }) => expect(about).toBeNull());
    const told = [ofAdmin, ofOwner, ofManager].map((socket) => heard(socket, 'alert.changed'));
    await fixture.raise({ kind: 'server_unhealthy', subject: { serverId }, title: 'Server', details: {} });
    for (const alert of await Promise.all(told))
      expect(alert).toMatchObject({ title: 'Server', state: 'open' });
    const ended = heard(ofOwner, 'alert.changed');
    await fixture.resolve({ kind: 'server_unhealthy', subject: { serverId } });
    expect(await ended).toMatchObject({ title: 'Server', state: 'resolved' });
    expect(wrong).toEqual([]);
    sockets.forEach((socket) => socket.disconnect());
  });
});

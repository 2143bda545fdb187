import { createHmac, timingSafeEqual } from 'node:crypto';

import type {
  AlertChannel,
  AlertChannelTest,
  AlertDelivery,
  AlertDetails,
  CreateAlertChannel,
  Page,
  Session,
} from '@cronium/contracts';
import type { RaisedAlert } from '../src/alerts/alert-records';
import { Deliverer } from '../src/alerts/deliveries/deliverer';
import { type AlertFixture, startAlertFixture } from './alert-fixture';
import { MailHost, mailPassword as password, type Received, Receiver } from './alert-receivers';
import { insertServer } from './insert-server';
import { expectRefused } from './expectations';

const secret = 'a secret to sign with';

/** As docs/alerts.md tells receivers to do it. */
function isSigned({ headers, body }: Received): boolean {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-cronium-signature'])) ?? [];
  const expected = createHmac('sha256', secret)
    .update(`${t ?? ''}.${body}`)
    .digest();
  return (
    timingSafeEqual(expected, Buffer.from(v1 ?? '', 'hex')) && Math.abs(Date.now() / 1000 - Number(t)) < 300
  );
}

describe('the delivery of alerts', () => {
  let fixture: AlertFixture;
  let admin: Session;
  let user: Session;
  let serverId: string;
  const mail = new MailHost();
  const receiver = new Receiver();
  let port: number;
  let url: string;

  beforeAll(async () => {
    fixture = await startAlertFixture({ CRONIUM_PUBLIC_URL: 'https://cronium.example.com/' });
    admin = await fixture.app.signIn('ADMIN');
    user = await fixture.app.signIn('USER');
    serverId = await insertServer(fixture.app, user.user.id, {}, { name: 'Web' });
    await fixture.app.as(admin, 'patch', '/settings').send({ alert_mail_group_seconds: 0 }).expect(200);
    port = await mail.start();
    url = await receiver.start();
  });
  afterAll(async () => {
    await fixture.app.close();
    await mail.stop();
    await receiver.stop();
  });
  afterEach(async () => {
    await fixture.database.query('DELETE FROM alerts');
    await fixture.database.query('DELETE FROM alert_channels');
    await fixture.database.query('DELETE FROM alert_silences');
    mail.mails.length = 0;
    receiver.received.length = 0;
    Object.assign(receiver, { status: 204, answer: '' });
  });

  const emailOf = (more: object = {}): CreateAlertChannel => ({
    ...{ kind: 'email', name: 'Mail', enabled: true },
    email: {
      ...{ host: '127.0.0.1', port, security: 'none', user: 'cronium', password },
      ...{ from: 'Cronium <alerts@example.com>', ...more },
    },
  });
  const webhook = (): CreateAlertChannel => ({
    ...{ kind: 'webhook', name: 'Hook', enabled: true, webhook: { url, secret } },
  });
  const create = async (channel: CreateAlertChannel): Promise<AlertChannel> =>
    (await fixture.app.as(admin, 'post', '/alert-channels').send(channel).expect(201)).body as AlertChannel;
  const test = async (id: string, to?: string): Promise<AlertChannelTest> =>
    (await fixture.app.as(admin, 'post', `/alert-channels/${id}/test`).send({ to }).expect(200))
      .body as AlertChannelTest;
  const deliveries = async (): Promise<AlertDelivery[]> =>
    ((await fixture.app.as(admin, 'get', '/alert-deliveries').expect(200)).body as Page<AlertDelivery>).items;
  const unhealthy = (): RaisedAlert => ({
    ...{ kind: 'server_unhealthy', subject: { serverId } },
    ...{ title: '“Web” is not healthy', details: { code: 'host_unreachable' } },
  });
  const later = (seconds: number) => new Date(Date.now() + seconds * 1000);

  describe('by e-mail', () => {
    it('reaches the owner on opening and on the end, with one Message-ID each', async () => {
      await create(emailOf());
      await fixture.raise(unhealthy());
      await fixture.raise(unhealthy());
      expect(await fixture.deliverer.deliverDue(later(1))).toBe(1);
      await fixture.resolve(unhealthy());
      expect(await fixture.deliverer.deliverDue(later(1))).toBe(1);
      expect(await fixture.deliverer.deliverDue(later(1000))).toBe(0);
      expect(mail.mails.map(({ to }) => to)).toEqual(['user@example.com', 'user@example.com']);
      const [opened, resolved] = mail.mails.map(({ text }) => text);
      const [, first] = await deliveries();
      expect(opened).toMatch(`Message-ID: <${first?.id ?? ''}@example.com>`);
      expect(opened).toMatch('https://cronium.example.com/alerts/');
      expect(opened).toMatch('From: Cronium <alerts@example.com>');
      expect(Buffer.from(/Subject: =\?UTF-8\?Q\?(.*)\?=/.exec(opened ?? '')?.[1] ?? '').toString()).toMatch(
        'Critical',
      );
      expect(resolved).toMatch('An alert is over.');
      expect(await deliveries()).toMatchObject([
        { change: 'resolved', state: 'delivered', recipient: 'user@example.com', attempt: 1, error: null },
        {
          change: 'opened',
          state: 'delivered',
          channel: { name: 'Mail', kind: 'email' },
          nextAttemptAt: null,
        },
      ]);
    });

    it('is given up with a wrong password, and says why', async () => {
      const channel = await create(emailOf({ password: 'wrong' }));
      expect(await test(channel.id)).toMatchObject({
        ...{ delivered: false, recipient: 'admin@example.com' },
        error: expect.stringMatching(/535.*Wrong password/) as string,
      });
      await fixture.raise(unhealthy());
      await fixture.deliverer.deliverDue(later(1));
      expect(await deliveries()).toMatchObject([
        { state: 'failed', attempt: 1, error: expect.stringMatching(/535/) as string },
      ]);
      await fixture.app
        .as(admin, 'patch', `/alert-channels/${channel.id}`)
        .send({ email: { password } })
        .expect(200);
      expect(await test(channel.id)).toMatchObject({ delivered: true, error: null });
      expect(mail.mails).toMatchObject([{ to: 'admin@example.com' }]);
    });

    it('is given up for a recipient that is refused', async () => {
      const channel = await create(emailOf());
      expect(await test(channel.id, 'nobody@example.com')).toMatchObject({
        ...{ delivered: false, recipient: 'nobody@example.com' },
        error: expect.stringMatching(/550.*No such mailbox/) as string,
      });
    });

    it('is repeated after the mail server was down', async () => {
      await create(emailOf());
      await mail.stop();
      await fixture.raise(unhealthy());
      const now = later(1);
      await fixture.deliverer.deliverDue(now);
      expect(await deliveries()).toMatchObject([
        {
          ...{ state: 'waiting', attempt: 1, error: expect.stringMatching(/ECONNREFUSED/) as string },
          nextAttemptAt: new Date(now.getTime() + 10_000).toISOString(),
        },
      ]);
      await mail.start(port);
      expect(await fixture.deliverer.deliverDue(new Date(now.getTime() + 9_999))).toBe(0);
      expect(await fixture.deliverer.deliverDue(new Date(now.getTime() + 10_000))).toBe(1);
      expect(mail.mails).toHaveLength(1);
      expect(await deliveries()).toMatchObject([{ state: 'delivered', attempt: 2 }]);
    });

    it('sends no password to a mail server whose certificate is not right', async () => {
      const channel = await create(emailOf({ security: 'starttls' }));
      expect((await test(channel.id)).error).toMatch(/certificate has expired/);
      expect(mail.mails).toEqual([]);
    });

    it.each([
      ['owner', {}, ['user@example.com']],
      ['administrators', {}, ['admin@example.com']],
      ['users', { user_ids: () => [user.user.id, admin.user.id] }, ['admin@example.com', 'user@example.com']],
      ['users', { user_ids: () => [] }, ['admin@example.com']],
    ])('reaches whom the rule names: %s', async (recipients, more, expected) => {
      await create(emailOf());
      const ids = 'user_ids' in more ? more.user_ids() : [];
      await fixture.setRule('server_unhealthy', { recipients, user_ids: ids });
      await fixture.raise(unhealthy());
      await fixture.deliverer.deliverDue(later(1));
      await fixture.setRule('server_unhealthy', { recipients: 'owner', user_ids: [] });
      expect(mail.mails.map(({ to }) => to).sort()).toEqual(expected);
    });
  });

  describe('by webhook', () => {
    it('is signed, and names what happened', async () => {
      await create(webhook());
      await fixture.raise(unhealthy());
      await fixture.deliverer.deliverDue(later(1));
      const [got] = receiver.received;
      if (!got) throw new Error('Nothing was received.');
      const [delivery] = await deliveries();
      expect(isSigned(got)).toBe(true);
      expect(isSigned({ ...got, body: `${got.body} ` })).toBe(false);
      expect(got.headers['x-cronium-delivery']).toBe(delivery?.id);
      expect(JSON.parse(got.body)).toMatchObject({
        ...{ id: delivery?.id, type: 'alert.opened' },
        alert: {
          ...{ kind: 'server_unhealthy', severity: 'critical', state: 'open', title: '“Web” is not healthy' },
          ...{ details: { code: 'host_unreachable' }, server: { id: serverId, name: 'Web' }, event: null },
        },
        link: `https://cronium.example.com/alerts/${delivery?.alert.id ?? ''}`,
      });
      expect(delivery).toMatchObject({ recipient: new URL(url).host, state: 'delivered' });
    });

    it.each([
      [500, 'waiting'],
      [429, 'waiting'],
      [404, 'failed'],
      // The place that a redirect names was not asked.
      [302, 'failed'],
    ])('that answers %d is %s', async (status, state) => {
      await create(webhook());
      Object.assign(receiver, { status, answer: 'Not today' });
      await fixture.raise(unhealthy());
      await fixture.deliverer.deliverDue(later(1));
      expect(receiver.received).toHaveLength(1);
      expect(await deliveries()).toMatchObject([{ state, error: `It answered ${status}: Not today` }]);
    });

    it('is attempted ten times, with the same id', async () => {
      await create(webhook());
      receiver.status = 503;
      await fixture.raise(unhealthy());
      let now = later(1);
      for (let attempt = 1; attempt <= 10; attempt += 1) {
        expect(await fixture.deliverer.deliverDue(now)).toBe(1);
        now = (await fixture.deliverer.nextAt()) ?? now;
      }
      expect(await fixture.deliverer.deliverDue(later(1e6))).toBe(0);
      expect(new Set(receiver.received.map(({ headers }) => headers['x-cronium-delivery'])).size).toBe(1);
      expect(await deliveries()).toMatchObject([{ state: 'failed', attempt: 10 }]);
    });

    it.each([
      'http://169.254.169.254/latest',
      'http://[fe80::1]/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://2852039166/',
    ])('does not go to %s', async (address) => {
      const body = { ...webhook(), webhook: { url: address, secret } };
      expectRefused(await fixture.app.as(admin, 'post', '/alert-channels').send(body), ['body.webhook.url']);
    });

    it('does not go to a link-local address by way of a redirect of its stored address', async () => {
      const channel = await create(webhook());
      await fixture.database.query(`UPDATE alert_channels SET config = '{"url": "http://169.254.169.254/"}'`);
      expect(await test(channel.id)).toMatchObject({
        ...{ delivered: false, error: expect.stringMatching(/link-local/) as string },
      });
    });
  });

  it('happens once, however many processes deliver', async () => {
    await create(webhook());
    for (let count = 0; count < 30; count += 1)
      await fixture.raise({
        ...unhealthy(),
        subject: { serverId: await insertServer(fixture.app, user.user.id) },
      });
    const processes = Array.from({ length: 5 }, () => fixture.deliverer);
    const now = later(1);
    const taken = await Promise.all(processes.map((deliverer: Deliverer) => deliverer.deliverDue(now)));
    expect(taken.reduce((sum, count) => sum + count)).toBe(30);
    expect(new Set(receiver.received.map(({ headers }) => headers['x-cronium-delivery'])).size).toBe(30);
    expect(receiver.received).toHaveLength(30);
  });

  it('is taken over from a process that died', async () => {
    await create(webhook());
    await fixture.raise(unhealthy());
    const now = later(1);
    await fixture.database.query(
      `UPDATE alert_deliveries SET state = 'sending', attempt = 1, next_attempt_at = $1::timestamptz + interval '120 s'`,
      [now],
    );
    expect(await fixture.deliverer.deliverDue(new Date(now.getTime() + 119_000))).toBe(0);
    expect(await fixture.deliverer.deliverDue(new Date(now.getTime() + 121_000))).toBe(1);
    expect(await deliveries()).toMatchObject([{ state: 'delivered', attempt: 2 }]);
  });

  it('goes by the channels that the rule names, and by none that is off', async () => {
    const hook = await create(webhook());
    const mailing = await create(emailOf());
    await fixture.setRule('server_unhealthy', { channel_ids: [mailing.id] });
    await fixture.raise(unhealthy());
    expect(await deliveries()).toMatchObject([{ channel: { name: 'Mail' } }]);
    await fixture.setRule('server_unhealthy', { channel_ids: null });
    await fixture.app.as(admin, 'patch', `/alert-channels/${hook.id}`).send({ enabled: false }).expect(200);
    await fixture.resolve(unhealthy());
    expect((await deliveries()).map(({ channel }) => channel.name)).toEqual(['Mail', 'Mail']);
    await fixture.app.as(admin, 'delete', `/alert-channels/${mailing.id}`).expect(204);
    expect(await deliveries()).toMatchObject([
      { state: 'failed', error: 'The channel was deleted.', channel: { id: null, name: 'Mail' } },
      { state: 'failed' },
    ]);
  });

  it('is shown to administrators, and to others what went to themselves', async () => {
    await create(webhook());
    await create(emailOf());
    await fixture.raise(unhealthy());
    const [row] = await fixture.database.query<{ id: string }[]>('SELECT id FROM alerts');
    const shownTo = async (session: Session) => {
      const { body } = await fixture.app.as(session, 'get', `/alerts/${row?.id ?? ''}`).expect(200);
      return (body as AlertDetails).deliveries.map(({ recipient }) => recipient).sort();
    };
    expect(await shownTo(admin)).toEqual([new URL(url).host, 'user@example.com']);
    expect(await shownTo(user)).toEqual(['user@example.com']);
  });

  it('follows a severity that rises', async () => {
    await create(webhook());
    await fixture.raise({ ...unhealthy(), severity: 'warning' });
    await fixture.raise({ ...unhealthy(), severity: 'info' });
    await fixture.raise({ ...unhealthy(), severity: 'critical' });
    await fixture.deliverer.deliverDue(later(1));
    const told = receiver.received.map(
      ({ body }) => JSON.parse(body) as { type: string; alert: { severity: string } },
    );
    expect(told.map(({ type, alert }) => `${type} ${alert.severity}`).sort()).toEqual([
      'alert.opened warning',
      'alert.severity_raised critical',
    ]);
  });

  it('waits while a silence holds, which keeps no record from being made', async () => {
    await create(webhook());
    const silence = {
      ...{ serverId, reason: 'New cables', repeat: 'never', timezone: 'UTC' },
      ...{ startsAt: later(-60).toISOString(), endsAt: later(3600).toISOString() },
    };
    const { body } = await fixture.app.as(user, 'post', '/alert-silences').send(silence).expect(201);
    await fixture.raise(unhealthy());
    const [row] = await fixture.database.query<{ id: string }[]>('SELECT id FROM alerts');
    const details = (await fixture.app.as(user, 'get', `/alerts/${row?.id ?? ''}`).expect(200))
      .body as AlertDetails;
    expect(details).toMatchObject({
      state: 'open',
      deliveries: [],
      history: [{ kind: 'opened', silencedBy: 'New cables' }],
    });
    await fixture.database.query(
      `INSERT INTO server_health (server_id, healthy, checked_at, latency_ms, reason, failures, next_check_at)
       VALUES ($1, false, now(), 1, '{"code": "x", "message": "x"}', 1, now())`,
      [serverId],
    );
    await fixture.setRule('disk_short', { enabled: false });
    await fixture.evaluator.evaluate(later(60));
    expect(await deliveries()).toEqual([]);

    // Of one that is over before the silence is, nobody hears.
    const another = await insertServer(fixture.app, user.user.id);
    const brief = { ...unhealthy(), subject: { serverId: another } };
    await fixture.app
      .as(user, 'post', '/alert-silences')
      .send({ ...silence, serverId: another })
      .expect(201);
    await fixture.raise(brief);
    await fixture.resolve(brief);
    expect(await deliveries()).toEqual([]);

    // Of one that lasts longer, they do.
    await fixture.app.as(user, 'delete', `/alert-silences/${(body as { id: string }).id}`).expect(204);
    await fixture.evaluator.evaluate(later(120));
    await fixture.evaluator.evaluate(later(180));
    expect(await deliveries()).toMatchObject([{ change: 'opened', alert: { id: row?.id } }]);
  });
});

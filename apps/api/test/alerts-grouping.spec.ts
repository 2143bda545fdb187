import type { CreateAlertChannel, Session } from '@cronium/contracts';

import type { RaisedAlert } from '../src/alerts/alert-records';
import { type AlertFixture, startAlertFixture } from './alert-fixture';
import { MailHost, mailPassword as password, Receiver } from './alert-receivers';
import { insertServer } from './insert-server';

describe('the delivery of many alerts at a time', () => {
  let fixture: AlertFixture;
  let admin: Session;
  let user: Session;
  let port: number;
  let url: string;
  const mail = new MailHost();
  const receiver = new Receiver();

  beforeAll(async () => {
    fixture = await startAlertFixture({ CRONIUM_PUBLIC_URL: 'https://cronium.example.com/' });
    [admin, user] = [await fixture.app.signIn('ADMIN'), await fixture.app.signIn('USER')];
    [port, url] = [await mail.start(), await receiver.start()];
  });
  afterAll(async () => {
    await fixture.app.close();
    await mail.stop();
    await receiver.stop();
  });
  afterEach(async () => {
    await fixture.database.query('DELETE FROM alerts');
    await fixture.database.query('DELETE FROM alert_channels');
    mail.mails.length = 0;
    receiver.received.length = 0;
  });

  const create = (channel: CreateAlertChannel) =>
    fixture.app.as(admin, 'post', '/alert-channels').send(channel).expect(201);
  const emailOf = (): CreateAlertChannel => ({
    ...{ kind: 'email', name: 'Mail', enabled: true },
    email: {
      ...{ host: '127.0.0.1', port, security: 'none', user: 'cronium', password },
      from: 'Cronium <alerts@example.com>',
    },
  });
  const webhook = (): CreateAlertChannel => ({
    ...{ kind: 'webhook', name: 'Hook', enabled: true, webhook: { url, secret: 'a secret to sign with' } },
  });
  const later = (seconds: number) => new Date(Date.now() + seconds * 1000);

  const raiseMany = async (count: number): Promise<RaisedAlert[]> => {
    const alerts: RaisedAlert[] = [];
    for (let index = 0; index < count; index += 1) {
      const one = await insertServer(fixture.app, user.user.id, {}, { name: `Web ${index}` });
      alerts.push({
        ...{ kind: 'server_unhealthy', subject: { serverId: one } },
        ...{ title: `“Web ${index}” is not healthy`, details: {} },
      });
    }
    for (const alert of alerts) await fixture.raise(alert);
    return alerts;
  };
  const plain = (text: string | undefined): string =>
    Buffer.from(
      (text ?? '')
        .replaceAll('=\r\n', '')
        .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
      'latin1',
    ).toString();

  it('is one e-mail to each recipient, with all of them, and each is in the log', async () => {
    await create(emailOf());
    await fixture.setRule('server_unhealthy', {
      recipients: 'users',
      user_ids: [user.user.id, admin.user.id],
    });
    const [first] = await raiseMany(30);
    await fixture.setRule('server_unhealthy', { recipients: 'owner', user_ids: [] });
    if (first) await fixture.resolve(first);
    expect(await fixture.deliverer.deliverDue(new Date())).toBe(0);
    const processes = Array.from({ length: 3 }, () => fixture.deliverer.deliverDue(later(31)));
    expect((await Promise.all(processes)).reduce((sum, count) => sum + count)).toBe(61);
    expect(mail.mails.map(({ to }) => to).sort()).toEqual(['admin@example.com', 'user@example.com']);
    const toUser = mail.mails.find(({ to }) => to === 'user@example.com');
    expect(toUser?.text).toMatch('Subject: [Cronium] Critical: 30 alerts, 1 resolved');
    const text = plain(toUser?.text);
    for (let index = 0; index < 30; index += 1)
      expect(text).toMatch(`- Critical: “Web ${index}” is not healthy`);
    expect(text).toMatch('- Resolved: “Web 0” is not healthy');
    const log = await fixture.database.query<{ state: string; attempt: number; count: number }[]>(
      'SELECT state, attempt, count(*)::int FROM alert_deliveries GROUP BY state, attempt',
    );
    expect(log).toEqual([{ state: 'delivered', attempt: 1, count: 61 }]);
    const links = await fixture.database.query<{ id: string }[]>('SELECT id FROM alerts');
    for (const { id } of links) expect(text).toMatch(`https://cronium.example.com/alerts/${id}`);
  });

  it('is sent together again after the mail server was down', async () => {
    await create(emailOf());
    await mail.stop();
    await raiseMany(25);
    const now = later(31);
    expect(await fixture.deliverer.deliverDue(now)).toBe(25);
    expect(await fixture.deliverer.deliverDue(now)).toBe(0);
    await mail.start(port);
    expect(await fixture.deliverer.deliverDue(new Date(now.getTime() + 10_000))).toBe(25);
    expect(mail.mails).toHaveLength(1);
    expect(await fixture.database.query('SELECT 1 FROM alert_deliveries WHERE attempt <> 2')).toEqual([]);
  });

  it('takes nothing along that waits for another attempt, and is one e-mail when it is one', async () => {
    await create(emailOf());
    await raiseMany(1);
    await fixture.database.query(
      `UPDATE alert_deliveries SET attempt = 3, next_attempt_at = now() + interval '1 hour'`,
    );
    await raiseMany(1);
    expect(await fixture.deliverer.deliverDue(later(31))).toBe(1);
    expect(plain(mail.mails[0]?.text)).toMatch('An alert was opened.');
  });

  it('is one webhook each, at once', async () => {
    await create(webhook());
    await raiseMany(3);
    expect(await fixture.deliverer.deliverDue(later(1))).toBe(3);
    expect(receiver.received).toHaveLength(3);
  });
});

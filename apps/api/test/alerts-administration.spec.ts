import {
  alertChannelPageSchema,
  alertChannelSchema,
  alertDeliveryPageSchema,
  type AlertRule,
  alertRuleListSchema,
  alertRuleSchema,
  alertSilencePageSchema,
  alertSilenceSchema,
  type Session,
} from '@cronium/contracts';
import { v7 as uuid } from 'uuid';

import { type AlertFixture, anHour, startAlertFixture, webhook } from './alert-fixture';
import { expectProblem, expectRefused, readPages } from './expectations';
import { insertServer } from './insert-server';

describe('the administration of alerts', () => {
  let fixture: AlertFixture;
  let admin: Session;
  let owner: Session;
  let serverId: string;

  beforeAll(async () => {
    fixture = await startAlertFixture();
    admin = await fixture.app.signIn('ADMIN');
    owner = await fixture.app.signIn('USER');
    serverId = await insertServer(fixture.app, owner.user.id, {}, { name: 'Web' });
  });
  afterAll(() => fixture.app.close());
  beforeEach(async () => {
    for (const table of ['alerts', 'alert_silences', 'alert_channels'])
      await fixture.database.query(`DELETE FROM ${table}`);
  });

  describe('rules', () => {
    const ruleOf = async (kind: string): Promise<AlertRule> => {
      const { body } = await fixture.app.as(admin, 'get', '/alert-rules').expect(200);
      const found = alertRuleListSchema.parse(body).items.find((rule) => rule.kind === kind);
      if (!found) throw new Error(`There is no rule ${kind}.`);
      return found;
    };
    const change = async (kind: string, body: object) =>
      fixture.app.as(admin, 'patch', `/alert-rules/${(await ruleOf(kind)).id}`).send(body);

    it('are changed field by field', async () => {
      const channel = alertChannelSchema.parse(
        (await fixture.app.as(admin, 'post', '/alert-channels').send(webhook).expect(201)).body,
      );
      const recipients = { who: 'users', userIds: [owner.user.id] };
      const wanted = {
        ...{ threshold: 5, criticalThreshold: 7.5, forSeconds: 60 },
        recipients,
        channelIds: [channel.id],
      };
      expect(alertRuleSchema.parse((await change('disk_short', wanted)).body)).toMatchObject({
        ...wanted,
        severity: 'warning',
      });
      await fixture.app.as(admin, 'delete', `/alert-channels/${channel.id}`).expect(204);
      expect(await ruleOf('disk_short')).toMatchObject({ channelIds: [], recipients });
      expect(
        (await change('disk_short', { recipients: { who: 'owner' }, channelIds: null })).body,
      ).toMatchObject({
        ...{ recipients: { who: 'owner' }, channelIds: null, threshold: 5 },
      });
    });

    it.each([
      ['disk_short', { threshold: 101 }, 'body.threshold'],
      ['disk_short', { threshold: null }, 'body.threshold'],
      ['disk_short', { threshold: 95, criticalThreshold: 94 }, 'body.criticalThreshold'],
      ['late_schedule', { threshold: 5 }, 'body.threshold'],
      ['server_unhealthy', { threshold: 1 }, 'body.threshold'],
      ['server_unhealthy', { criticalThreshold: 1 }, 'body.criticalThreshold'],
      ['server_unhealthy', { forSeconds: -1 }, 'body.forSeconds'],
      ['did_not_run', { forSeconds: 60 }, 'body.forSeconds'],
      ['did_not_run', { severity: 'high' }, 'body.severity'],
      ['did_not_run', { kind: 'backup_old' }, 'body'],
      ['did_not_run', { recipients: { who: 'users', userIds: [] } }, 'body.recipients.userIds'],
      ['did_not_run', { recipients: { who: 'users', userIds: [uuid()] } }, 'body.recipients.userIds'],
      ['did_not_run', { channelIds: [uuid()] }, 'body.channelIds'],
    ])('%s refuses %j', async (kind, body, path) => {
      expectRefused(await change(kind, body), [path]);
    });
  });

  describe('silences', () => {
    it('are listed, those that are over too unless they are not asked for', async () => {
      const create = async (more: object) =>
        alertSilenceSchema.parse(
          (
            await fixture.app
              .as(admin, 'post', '/alert-silences')
              .send({ ...anHour(), ...more })
              .expect(201)
          ).body,
        );
      expect(await create({ reason: 'now' })).toMatchObject({
        state: 'active',
        repeat: 'never',
        timezone: 'UTC',
      });
      expect(await create({ reason: 'past', ...anHour(-48) })).toMatchObject({ state: 'over' });
      expect(await create({ reason: 'weekly', ...anHour(-48), repeat: 'weekly' })).toMatchObject({
        state: 'planned',
      });
      expect(await create({ reason: 'later', ...anHour(48), kind: 'disk_short', serverId })).toMatchObject({
        ...{
          state: 'planned',
          kind: 'disk_short',
          server: { id: serverId, name: 'Web' },
          createdBy: { id: admin.user.id },
        },
      });
      const reasons = async (query: string) =>
        (await readPages(fixture.app, admin, `/alert-silences?${query}`, alertSilencePageSchema, 2)).map(
          ({ reason }) => reason,
        );
      expect(await reasons('')).toEqual(['later', 'weekly', 'past', 'now']);
      expect(await reasons('over=false')).toEqual(['later', 'weekly', 'now']);
    });

    it.each([
      [{ reason: ' ' }, ['body.reason']],
      [{ startsAt: 'tomorrow' }, ['body.startsAt']],
      [{ timezone: 'Mars/Base' }, ['body.timezone']],
      [{ endsAt: '2020-01-01T00:00:00Z' }, ['body.endsAt']],
      [{ endsAt: '2040-01-01T00:00:00Z' }, ['body.endsAt']],
      [{ endsAt: new Date(Date.now() + 7 * 86_400_000).toISOString(), repeat: 'weekly' }, ['body.endsAt']],
      [{ serverId: uuid(), eventId: uuid() }, ['body.eventId']],
      [{ serverId: uuid() }, ['body.serverId']],
      [{ eventId: uuid() }, ['body.eventId']],
      [{ who: 'me' }, ['body']],
    ])('refuse %j', async (more, paths) => {
      const body = { ...anHour(), reason: 'x', ...more };
      expectRefused(await fixture.app.as(admin, 'post', '/alert-silences').send(body), paths);
    });
  });

  describe('channels', () => {
    const email = {
      ...{ kind: 'email', name: 'Mail' },
      email: {
        host: 'mail.example.com',
        port: 587,
        security: 'starttls',
        user: 'u',
        from: 'a@example.com',
        password: 'hidden',
      },
    };
    const create = async (body: object) =>
      alertChannelSchema.parse(
        (await fixture.app.as(admin, 'post', '/alert-channels').send(body).expect(201)).body,
      );

    it('never answer a secret, which is sealed', async () => {
      const [mail, hook] = [await create(email), await create(webhook)];
      expect(mail).toMatchObject({
        kind: 'email',
        enabled: true,
        email: { host: 'mail.example.com', hasPassword: true },
      });
      expect(hook).toMatchObject({ kind: 'webhook', webhook: { url: webhook.webhook.url, hasSecret: true } });
      const { body, text } = await fixture.app.as(admin, 'get', '/alert-channels').expect(200);
      expect(alertChannelPageSchema.parse(body).items).toHaveLength(2);
      expect(text).not.toMatch(/hidden|signed with this/);
      const stored = JSON.stringify(await fixture.database.query('SELECT * FROM alert_channels'));
      const audited = JSON.stringify(await fixture.database.query('SELECT * FROM audit_log'));
      expect(stored + audited).not.toMatch(/hidden|signed with this/);
    });

    it('keep a secret that is not named, and ask for the password again for another mail server', async () => {
      const { id } = await create(email);
      const path = `/alert-channels/${id}`;
      const change = (body: object) => fixture.app.as(admin, 'patch', path).send(body);
      expect(
        (await change({ name: 'Post', email: { from: 'b@example.com' } }).expect(200)).body,
      ).toMatchObject({
        ...{ name: 'Post', email: { from: 'b@example.com', host: 'mail.example.com', hasPassword: true } },
      });
      expectRefused(await change({ email: { host: 'evil.example.com' } }), ['body.email.password']);
      await change({ email: { host: 'other.example.com', password: 'again' } }).expect(200);
      expect((await change({ email: { user: null, password: null } }).expect(200)).body).toMatchObject({
        email: { hasPassword: false },
      });
      expectRefused(await change({ webhook: { url: 'https://example.com' } }), ['body.webhook']);
      expectProblem(
        await fixture.app.as(admin, 'get', `/alert-channels/${uuid()}`),
        404,
        'alert_channel_not_found',
      );
    });

    it('have names of their own', async () => {
      await create(email);
      expectProblem(
        await fixture.app.as(admin, 'post', '/alert-channels').send({ ...webhook, name: 'mail' }),
        409,
        'name_taken',
      );
    });

    it.each([
      [{ ...email, email: { ...email.email, port: 0 } }, ['body.email.port']],
      [{ ...email, email: { ...email.email, host: 'mail:25/x' } }, ['body.email.host']],
      [{ ...email, email: { ...email.email, from: 'a@b\r\nBcc: c@d' } }, ['body.email.from']],
      [{ ...email, email: { ...email.email, security: 'maybe' } }, ['body.email.security']],
      [{ ...email, kind: 'pigeon' }, ['body.kind']],
      [
        { kind: 'webhook', name: 'x', webhook: { url: 'file:///etc/passwd', secret: 'x'.repeat(16) } },
        ['body.webhook.url'],
      ],
      [
        { kind: 'webhook', name: 'x', webhook: { url: 'https://u:p@example.com', secret: 'x'.repeat(16) } },
        ['body.webhook.url'],
      ],
      [
        { kind: 'webhook', name: '', webhook: { url: 'https://example.com', secret: 'short' } },
        ['body.name', 'body.webhook.secret'],
      ],
    ])('refuse %j', async (body, paths) => {
      expectRefused(await fixture.app.as(admin, 'post', '/alert-channels').send(body), paths);
    });

    it('log deliveries, page by page', async () => {
      await create(webhook);
      for (let count = 0; count < 5; count += 1)
        await fixture.raise({
          ...{ kind: 'queue_growing', title: String(count), details: {} },
          subject: { serverId: await insertServer(fixture.app, owner.user.id) },
        });
      const items = await readPages(fixture.app, admin, '/alert-deliveries', alertDeliveryPageSchema, 2);
      expect(items.map(({ alert }) => alert.title)).toEqual(['4', '3', '2', '1', '0']);
      expect(
        await readPages(fixture.app, admin, '/alert-deliveries?state=failed', alertDeliveryPageSchema, 2),
      ).toEqual([]);
    });
  });
});

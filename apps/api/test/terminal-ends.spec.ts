import type { Session } from '@cronium/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import request from 'supertest';
import { v7 as uuid } from 'uuid';

import { AccessTokenService } from '../src/auth/access-token.service';
import { TerminalLimits } from '../src/terminal/terminal-limits';
import { LocalSshd } from './local-sshd';
import { TerminalFixture } from './terminal-fixture';
import { testPassword } from './test-app';
import { TestTerminal } from './test-terminal';

/** What bounds a terminal on a real sshd, and when it ends. */
describe('a terminal that is open', () => {
  let fixture: TerminalFixture;

  beforeAll(async () => {
    fixture = await TerminalFixture.start();
  });
  beforeEach(() => fixture.reset());
  afterAll(() => fixture.stop());

  describe('bounds', () => {
    it('what a slow reader has not read, and loses nothing of it', async () => {
      const terminal = await fixture.open(fixture.owner);
      await terminal.type('stty -echo\n');
      terminal.reading = false;
      // More than the window of an ssh channel, which is filled on top.
      const megabytes = 8;
      await terminal.type(`head -c ${megabytes}M /dev/zero | tr '\\0' x; exit\n`);
      let before = -1;
      // Until no more comes: the host is stopped.
      while (terminal.received !== before) {
        before = terminal.received;
        await delay(500);
      }
      expect(terminal.received).toBeGreaterThan(0);
      expect(terminal.received).toBeLessThan(new TerminalLimits().unshownBytes + 64 * 1024);
      terminal.readOn();
      expect(await terminal.closed).toMatchObject({ reason: 'exited', exitCode: 0 });
      expect(terminal.shown.split('x').length - 1).toBeGreaterThanOrEqual(megabytes * 1024 * 1024);
    });

    it('what the host has not taken', async () => {
      fixture.setLimits({ untakenBytes: 2048 });
      const terminal = await fixture.open(fixture.owner);
      expect(await terminal.type('x'.repeat(2049))).toMatchObject({ ok: false, code: 'input_too_fast' });
      expect(await terminal.type('\x15echo fi""ne\n')).toEqual({ ok: true });
      await terminal.sees('fine');
    });

    it('terminals of one user, of all, of one socket, and attempts', async () => {
      fixture.setLimits({ aUser: 2, total: 3 });
      const first = await fixture.open(fixture.owner);
      expect(await first.open(fixture.server.id)).toMatchObject({ ok: false, code: 'terminal_open' });
      const second = await fixture.open(fixture.owner);
      const more = await fixture.connect(fixture.owner.accessToken);
      expect(await more.open(fixture.server.id)).toMatchObject({ ok: false, code: 'too_many_terminals' });
      const others = [await fixture.open(fixture.admin), await fixture.connect(fixture.admin.accessToken)];
      expect(await others[1]?.open(fixture.server.id)).toMatchObject({
        ok: false,
        code: 'too_many_terminals',
      });
      await second.type('exit\n');
      await second.closed;
      expect(await more.open(fixture.server.id)).toMatchObject({ ok: true });
      fixture.setLimits({ aUser: 9, total: 9, attemptsAMinute: 3 });
      const eager = await fixture.connect((await fixture.addUser()).accessToken);
      for (const code of ['server_not_found', 'server_not_found', 'server_not_found', 'too_many_terminals']) {
        expect(await eager.open(uuid())).toMatchObject({ ok: false, code });
      }
    });

    it('idleness: it warns, goes on when somebody is there, and ends', async () => {
      fixture.setLimits({ idleMilliseconds: 2000, idleWarningMilliseconds: 1000 });
      const terminal = await fixture.open(fixture.owner);
      for (const stay of [() => terminal.ask('stay', {}), () => terminal.type(' ')]) {
        expect(await terminal.hears('idle')).toEqual({ closesInSeconds: 1 });
        expect(await stay()).toEqual({ ok: true });
      }
      await terminal.hears('idle');
      expect(await terminal.closed).toEqual({
        reason: 'idle',
        message: 'No key was pressed for 2 seconds, so the terminal was closed.',
      });
    });
  });

  describe('ends when', () => {
    it('the share is taken away, or lowered, by another process', async () => {
      const other = await fixture.startOther();
      for (const level of [null, 'use']) {
        const { guest, terminal } = await fixture.openAsGuest();
        const items = level === null ? [] : [{ userId: guest.user.id, level }];
        await fixture.share(items, other);
        expect(await terminal.closed).toEqual({
          reason: 'access_lost',
          message: 'You may no longer manage “Host”.',
        });
        expect(await terminal.type('id\n')).toMatchObject({ ok: false, code: 'no_terminal' });
      }
      await other.close();
    });

    it('access is lost and nobody tells', async () => {
      const { guest, terminal } = await fixture.openAsGuest();
      await fixture.query('DELETE FROM server_shares WHERE user_id = $1', [guest.user.id]);
      expect(await terminal.closed).toMatchObject({ reason: 'access_lost' });
    });

    it.each([
      ['the user is disabled', { status: 'DISABLED' }, 'account_disabled'],
      ['the user becomes a viewer', { role: 'VIEWER' }, 'access_lost'],
      ['an administrator sets another password', { password: 'another good password' }, 'signed_out'],
    ])('%s', async (_, change, reason) => {
      const { guest, terminal } = await fixture.openAsGuest();
      await fixture.changeUser(guest, change);
      expect(await terminal.closed).toMatchObject({ reason });
    });

    it('an administrator is one no more', async () => {
      const second = await fixture.addUser('ADMIN');
      const terminal = await fixture.open(second);
      await fixture.changeUser(second, { role: 'USER' });
      expect(await terminal.closed).toMatchObject({ reason: 'access_lost' });
    });

    it('its session is signed out, and no other', async () => {
      const stays = await fixture.open(fixture.owner);
      const login = await fixture.signIn(fixture.owner.user.email);
      const terminal = await fixture.open(login.body as Session);
      await request(fixture.app.server)
        .post('/api/auth/logout')
        .set('Cookie', login.get('Set-Cookie') ?? [])
        .expect(204);
      expect(await terminal.closed).toMatchObject({ reason: 'signed_out' });
      expect(await stays.ask('stay', {})).toEqual({ ok: true });
    });

    it('the password is changed in another session', async () => {
      const { guest, terminal } = await fixture.openAsGuest();
      const passwords = { currentPassword: testPassword, newPassword: 'another good password' };
      await fixture.app.as(guest, 'post', '/auth/password').send(passwords).expect(204);
      expect(await terminal.closed).toMatchObject({ reason: 'signed_out' });
    });

    it('the server is deleted', async () => {
      const { id } = await fixture.addServer();
      const terminal = await fixture.open(fixture.owner, id);
      await fixture.app.as(fixture.owner, 'delete', `/servers/${id}`).expect(204);
      expect(await terminal.closed).toMatchObject({ reason: 'server_deleted' });
    });

    it('the way to the server is changed, also that of its jump host; not for another name', async () => {
      const jump = await fixture.addServer({ name: 'Jump' });
      const { id } = await fixture.addServer({ name: 'Behind', jumpServerId: jump.id });
      const patch = (serverId: string, change: object) =>
        fixture.app.as(fixture.owner, 'patch', `/servers/${serverId}`).send(change).expect(200);
      const terminal = await fixture.open(fixture.owner, id);
      await patch(id, { name: 'Renamed', tags: ['x'], ssh: { maxConcurrentJobs: 3 } });
      await terminal.type('echo wo""rks\n');
      await terminal.sees('works');
      await patch(jump.id, { ssh: { username: 'another' } });
      expect(await terminal.closed).toMatchObject({
        reason: 'server_changed',
        message: expect.stringContaining('“Renamed”'),
      });
    });

    it('the host goes away', async () => {
      const own = await LocalSshd.start();
      const { id } = await fixture.addServer({}, own);
      const terminal = await fixture.open(fixture.owner, id);
      await own.stop();
      expect(await terminal.closed).toMatchObject({ reason: 'host_lost' });
    });

    it('its token does, if it is not renewed by the same person', async () => {
      const tokens = fixture.app.app.get(AccessTokenService);
      const sessionId = (await tokens.authenticate(fixture.owner.accessToken))?.sessionId ?? '';
      const terminal = await fixture.connect(await tokens.issue(fixture.owner.user.id, 3, sessionId));
      expect(await terminal.open(fixture.server.id)).toMatchObject({ ok: true });
      const foreign = await terminal.ask('renew', { token: fixture.admin.accessToken });
      expect(foreign).toMatchObject({ ok: false, code: 'token_invalid' });
      const token = await tokens.issue(fixture.owner.user.id, 5, sessionId);
      expect(await terminal.ask('renew', { token })).toEqual({ ok: true });
      await delay(3100);
      expect(await terminal.ask('stay', {})).toEqual({ ok: true });
      expect(await terminal.closed).toMatchObject({ reason: 'token_expired' });
    });

    it('the process stops', async () => {
      const other = await fixture.startOther();
      const terminal = await TestTerminal.connect(other, fixture.owner.accessToken);
      expect(await terminal.open(fixture.server.id)).toMatchObject({ ok: true });
      const closing = other.close();
      expect(await terminal.closed).toMatchObject({ reason: 'shutting_down' });
      await closing;
      expect((await fixture.audited(fixture.owner, 'terminal.ended')).at(-1)).toMatchObject({
        details: { reason: 'shutting_down' },
      });
    });
  });
});

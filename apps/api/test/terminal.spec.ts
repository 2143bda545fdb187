import type { Session } from '@cronium/contracts';
import { setTimeout as delay } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';

import { AccessTokenService } from '../src/auth/access-token.service';
import { insertServer } from './insert-server';
import { TerminalFixture } from './terminal-fixture';
import { refusalOf } from './test-socket';
import { terminalSize } from './test-terminal';

/** Terminals on a real sshd: who gets one, what it is, and what is written down of it. */
describe('the terminal', () => {
  let fixture: TerminalFixture;

  const people: Partial<Record<string, Session>> = {};

  beforeAll(async () => {
    fixture = await TerminalFixture.start();
    Object.assign(people, { owner: fixture.owner, admin: fixture.admin });
    for (const name of ['manager', 'user', 'stranger']) {
      people[name] = await fixture.app.signIn('USER', `${name}@example.com`);
    }
    people['viewer'] = await fixture.app.signIn('VIEWER', 'viewer@example.com');
  });
  beforeEach(() => fixture.reset());
  afterAll(() => fixture.stop());

  const person = (name: string): Session => {
    const session = people[name];
    if (!session) throw new Error(`There is no ${name}.`);
    return session;
  };

  describe('is opened', () => {
    beforeAll(() =>
      fixture.share([
        { email: 'manager@example.com', level: 'manage' },
        { email: 'user@example.com', level: 'use' },
        { email: 'viewer@example.com', level: 'manage' },
      ]),
    );

    it.each([['admin'], ['owner'], ['manager']])('by %s', async (name) => {
      const terminal = await fixture.open(person(name));
      await terminal.type('echo $((6*7))\n');
      await terminal.sees('42');
    });

    it.each([
      ['user', 'manage_required'],
      ['viewer', 'forbidden'],
      ['stranger', 'server_not_found'],
    ])('not by %s: %s, and that is audited', async (name, code) => {
      const session = person(name);
      const terminal = await fixture.connect(session.accessToken);
      expect(await terminal.open(fixture.server.id)).toMatchObject({ ok: false, code });
      expect(await fixture.audited(session, 'terminal.refused', 'terminal.opened')).toMatchObject([
        {
          action: 'terminal.refused',
          target_name: 'Host',
          details: { code, address: expect.stringContaining('127.0.0.1') },
        },
      ]);
      expect(await terminal.type('id\n')).toMatchObject({ ok: false, code: 'no_terminal' });
    });

    it.each([['admin'], ['owner']])('by %s, but not on a container server', async (name) => {
      const terminal = await fixture.connect(person(name).accessToken);
      const container = await insertServer(fixture.app, fixture.owner.user.id);
      expect(await terminal.open(container)).toMatchObject({ ok: false, code: 'not_an_ssh_server' });
    });

    it('not on a server that is not there', async () => {
      const terminal = await fixture.connect(fixture.admin.accessToken);
      expect(await terminal.open(uuid())).toMatchObject({ ok: false, code: 'server_not_found' });
    });

    it('not without a token, nor with one that came from no sign-in', async () => {
      const ofNoSession = await fixture.app.app.get(AccessTokenService).issue(fixture.owner.user.id);
      expect(await refusalOf(fixture.app, undefined, '/terminal')).toBe('unauthenticated');
      expect(await refusalOf(fixture.app, ofNoSession, '/terminal')).toMatch('needs a token of a sign-in');
    });

    it('as the person is now, not as at the handshake', async () => {
      const guest = await fixture.addUser();
      await fixture.share([{ userId: guest.user.id, level: 'manage' }]);
      const terminal = await fixture.connect(guest.accessToken);
      await fixture.changeUser(guest, { status: 'DISABLED' });
      expect(await terminal.open(fixture.server.id)).toMatchObject({ ok: false, code: 'session_ended' });
    });
  });

  describe('says why it cannot be opened:', () => {
    it.each([
      ['the host key waits for an approval', { hostKey: undefined }, 'host_key_unapproved'],
      ['nobody answers', { port: 1, hostKey: undefined }, 'host_unreachable'],
      [
        'the sign-in is refused',
        { credentials: { kind: 'password', password: 'wrong' } },
        'authentication_failed',
      ],
    ])('%s', async (_, details, code) => {
      const { id } = await fixture.addServer(details);
      const terminal = await fixture.connect(fixture.owner.accessToken);
      expect(await terminal.open(id)).toMatchObject({ ok: false, code });
      // The place is free again, for a repair and another try.
      expect(await terminal.open(fixture.server.id)).toMatchObject({ ok: true });
    });
  });

  describe('is a terminal:', () => {
    it('it has the size of the window, also when that changes', async () => {
      const terminal = await fixture.open(fixture.owner);
      await terminal.type('stty size\n');
      await terminal.sees('23 91');
      expect(await terminal.ask('resize', { columns: 120, rows: 40 })).toEqual({ ok: true });
      await terminal.type('stty size\n');
      await terminal.sees('40 120');
    });

    it('Ctrl-C ends what runs, and only that', async () => {
      const terminal = await fixture.open(fixture.owner);
      // Said by what will be interrupted: what bash alone says may come before it has given the terminal away.
      await terminal.type(`sh -c 'echo be""gin; exec sleep 300'\n`);
      await terminal.sees('begin');
      await terminal.type('\x03');
      await terminal.type('echo st""ill here: $?\n');
      await terminal.sees('still here: 130');
    });

    it('it takes keys in their order, and bytes as they are', async () => {
      const terminal = await fixture.open(fixture.owner);
      const words = Array.from({ length: 400 }, (_, index) => `${index},`);
      await terminal.type('PS1=; stty -echo\n');
      const keys = [`printf '%s|' "`, 'ä', '€', '😀', '" "', ...words, '" end', '"ed"', '\n'];
      await Promise.all(keys.map((key) => terminal.type(key)));
      await terminal.sees('ended|');
      expect(terminal.shown).toContain(`ä€😀|${words.join('')}|ended|`);
    });

    it('it ends with its shell, and says with what code; another may follow', async () => {
      const terminal = await fixture.open(fixture.owner);
      await terminal.type('exit 7\n');
      expect(await terminal.closed).toEqual({
        reason: 'exited',
        message: 'The shell has ended.',
        exitCode: 7,
      });
      expect(await terminal.type('x')).toMatchObject({ ok: false, code: 'no_terminal' });
      expect(await terminal.open(fixture.server.id)).toMatchObject({ ok: true });
      await terminal.type('echo ag""ain\n');
      await terminal.sees('again');
    });

    it('a person who leaves hangs up', async () => {
      const terminal = await fixture.open(fixture.owner);
      await terminal.type('echo pid=$$=\n');
      await terminal.sees('=\r\n');
      const pid = Number(/pid=(\d+)=/.exec(terminal.shown)?.[1]);
      terminal.socket.disconnect();
      while (isAlive(pid)) await delay(20);
    });
  });

  it('is audited: who, where, from which address, how long, how much; not what', async () => {
    const { guest, terminal } = await fixture.openAsGuest();
    await terminal.type('echo my-se""cret\n');
    await terminal.sees('my-secret');
    await terminal.type('exit 3\n');
    await terminal.closed;
    let rows: Awaited<ReturnType<typeof fixture.audited>> = [];
    while (rows.length < 2) rows = await fixture.audited(guest, 'terminal.opened', 'terminal.ended');
    const [opened, ended] = rows;
    expect(opened).toMatchObject({ action: 'terminal.opened', target_name: 'Host' });
    expect(opened?.details).toEqual({
      terminalId: expect.any(String),
      address: expect.stringContaining('127.0.0.1'),
      ...{ host: fixture.sshd.host, port: fixture.sshd.port, username: fixture.sshd.username },
    });
    expect(ended).toMatchObject({ action: 'terminal.ended', target_name: 'Host' });
    expect(ended?.details).toEqual({
      terminalId: opened?.details['terminalId'],
      reason: 'exited',
      exitCode: 3,
      durationMs: expect.any(Number),
      bytesIn: 'echo my-se""cret\nexit 3\n'.length,
      bytesOut: terminal.received,
    });
    expect(JSON.stringify(rows)).not.toContain('cret');
  });

  describe('refuses', () => {
    const size = terminalSize;
    it.each([
      ['open', undefined],
      ['open', 'x'],
      ['open', { ...size }],
      ['open', { serverId: 'x', ...size }],
      ['open', { serverId: uuid(), columns: 0, rows: 24 }],
      ['open', { serverId: uuid(), columns: 80, rows: 1e9 }],
      ['open', { serverId: uuid(), columns: 80.5, rows: 24 }],
      ['open', { serverId: uuid(), ...size, command: 'id' }],
      ['input', null],
      ['input', { data: '' }],
      ['input', { data: 7 }],
      ['input', { data: 'x'.repeat(65_537) }],
      ['resize', { columns: 80 }],
      ['resize', { columns: -1, rows: 24 }],
      ['stay', { for: 'ever' }],
      ['renew', {}],
      ['renew', { token: 7 }],
    ])('%s with %j', async (message, body) => {
      const terminal = await (message === 'open'
        ? fixture.connect(fixture.owner.accessToken)
        : fixture.open(fixture.owner));
      expect(await terminal.ask(message, body)).toMatchObject({
        ok: false,
        code: 'validation_failed',
        message: expect.stringMatching(/^✖ /),
      });
    });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // ESRCH: it has ended
  }
}

import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';

import { printed, runScript } from '../contract/run-script';
import { fetchHostKey } from './fetch-host-key';
import { SshdFixture, type TestUser, freePort } from './sshd-fixture';

jest.setTimeout(60_000);

describe('A host’s key', () => {
  let fixture: SshdFixture;
  let user: TestUser;

  beforeAll(async () => {
    fixture = await SshdFixture.start();
    user = await fixture.addUser();
  });
  beforeEach(() => {
    fixture.offered.splice(0);
    fixture.log = '';
  });
  afterAll(() => fixture.stop());

  it('is fetched without signing in, and is what ssh-keygen shows', async () => {
    const key = await fetchHostKey({ host: '127.0.0.1', port: fixture.port, jump: null });
    const shown = execFileSync('ssh-keygen', ['-lf', `${fixture.folder}/host_ed25519.pub`], {
      encoding: 'utf8',
    });
    expect(key.algorithm).toBe('ssh-ed25519');
    expect(shown).toContain(key.fingerprint);
  });

  it.each(['ed25519', 'rsa', 'ecdsa'] as const)(
    'is accepted when the approved one is its %s key',
    async (kind) => {
      const executor = fixture.createExecutor(user, { hostKey: fixture.hostKey(kind) });
      expect(printed(await runScript(executor, 'echo in'))).toBe('in\n');
      expect(fixture.offered).toEqual([]);
      await executor.disconnect();
    },
  );

  it('that nobody approved keeps us from signing in', async () => {
    const server = fixture.server(user, { hostKey: null });
    const executor = fixture.createExecutor(user, server);
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({
      code: 'host_key_unapproved',
      message: expect.stringContaining(fixture.hostKey().fingerprint),
    });
    expect(fixture.offered).toEqual([{ serverId: server.id, key: fixture.hostKey() }]);
    expect(fixture.log).not.toContain('Failed');
    await executor.disconnect();
  });

  it('that has changed is a hard failure that shows both', async () => {
    const before = fixture.hostKey();
    const server = fixture.server(user);
    const executor = fixture.createExecutor(user, server);
    expect(printed(await runScript(executor, 'echo in'))).toBe('in\n');
    await fixture.changeHostKey();

    const after = fixture.hostKey();
    const error: unknown = await runScript(executor, 'echo').catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'host_key_changed' });
    expect(String(error)).toContain(before.fingerprint);
    expect(String(error)).toContain(after.fingerprint);
    expect(fixture.offered).toContainEqual({ serverId: server.id, key: after });
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'host_key_changed' },
    });
    await executor.disconnect();
  });

  it('of another kind is a change, too', async () => {
    const executor = fixture.createExecutor(user, {
      hostKey: { algorithm: 'ecdsa-sha2-nistp384', fingerprint: fixture.hostKey('ecdsa').fingerprint },
    });
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({ code: 'host_key_changed' });
    await executor.disconnect();
  });
});

describe('A host that cannot be reached', () => {
  it.each([
    ['no name', 'no-such-host.invalid', 22, 'does not resolve'],
    ['nobody at its port', '127.0.0.1', 1, 'refuses connections'],
  ])('because there is %s is host_unreachable', async (_, host, port, message) => {
    await expect(fetchHostKey({ host, port, jump: null })).rejects.toMatchObject({
      code: 'host_unreachable',
      message: expect.stringContaining(message),
    });
  });

  it('because something else answers there is host_unreachable', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    await expect(fetchHostKey({ host: '127.0.0.1', port, jump: null })).rejects.toMatchObject({
      code: 'host_unreachable',
    });
    server.close();
  });
});

describe('A jump host', () => {
  let inner: SshdFixture;
  let outer: SshdFixture;
  let user: TestUser;
  let jumper: TestUser;

  beforeAll(async () => {
    [inner, outer] = await Promise.all([SshdFixture.start(), SshdFixture.start()]);
    [user, jumper] = [await inner.addUser(), await outer.addUser()];
  });
  afterAll(() => Promise.all([inner.stop(), outer.stop()]));

  it('leads to the host behind it', async () => {
    const executor = inner.createExecutor(user, { jump: outer.server(jumper) });
    expect(printed(await runScript(executor, 'echo "$SSH_CONNECTION" "$(id -un)"'))).toBe(` ${user.name}\n`);
    const runs = await Promise.all([1, 2, 3].map((n) => runScript(executor, `echo ${n}`)));
    expect(runs.map(printed)).toEqual(['1\n', '2\n', '3\n']);
    await executor.disconnect();
    expect(outer.log).toContain(`Accepted publickey for ${jumper.name}`);
  });

  it('shows the key of the host behind it', async () => {
    const key = await fetchHostKey({ host: '127.0.0.1', port: inner.port, jump: outer.server(jumper) });
    expect(key).toEqual(inner.hostKey());
  });

  it('must show its own approved key', async () => {
    const jump = outer.server(jumper, { hostKey: inner.hostKey() });
    const executor = inner.createExecutor(user, { jump });
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({ code: 'host_key_changed' });
    expect(inner.offered).toContainEqual({ serverId: jump.id, key: outer.hostKey() });
    await executor.disconnect();
  });

  it('that cannot connect on says so', async () => {
    const executor = inner.createExecutor(user, {
      jump: outer.server(jumper),
      config: { port: await freePort() },
    });
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({
      code: 'host_unreachable',
      message: expect.stringContaining('jump host'),
    });
    await executor.disconnect();
  });
});

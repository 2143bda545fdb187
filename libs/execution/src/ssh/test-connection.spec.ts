import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { openShell } from './ssh-shell';
import { SshdFixture, type TestUser, commandLine, eventually } from './sshd-fixture';
import { testSshConnection } from './test-connection';
import { deferred } from '../deferred';

jest.setTimeout(60_000);

let fixture: SshdFixture;
let user: TestUser;

beforeAll(async () => {
  fixture = await SshdFixture.start();
  user = await fixture.addUser();
});
afterAll(() => fixture.stop());

describe('A connection test', () => {
  const states = (test: Awaited<ReturnType<typeof testSshConnection>>) =>
    test.steps.map(({ step, state }) => `${step} ${state}`);

  it('tells each step, and the interpreters with their versions', async () => {
    const test = await testSshConnection(fixture.server(user), fixture.context);
    expect(test).toMatchObject({
      ok: true,
      hostKey: fixture.hostKey(),
      interpreters: { bash: expect.stringMatching(/^\d/), python3: expect.stringMatching(/^3\./) },
    });
    expect(states(test).slice(0, 5)).toEqual(
      ['resolve', 'connect', 'host_key', 'authenticate', 'runner'].map((step) => `${step} passed`),
    );
    expect(states(test)[5]).toMatch(/^interpreters (passed|warning)$/);
    expect(test.steps.every(({ durationMs, message }) => durationMs >= 0 && message !== '')).toBe(true);
  });

  it('shows a key that nobody approved, and goes no further', async () => {
    const test = await testSshConnection(fixture.server(user, { hostKey: null }), fixture.context);
    expect(test).toMatchObject({ ok: false, hostKey: fixture.hostKey(), interpreters: {} });
    expect(states(test)).toEqual([
      'resolve passed',
      'connect passed',
      'host_key failed',
      'authenticate skipped',
      'runner skipped',
      'interpreters skipped',
    ]);
  });

  it.each([
    ['resolve', { config: { host: 'no-such-host.invalid' } }],
    ['connect', { config: { port: 1 } }],
    ['authenticate', { credentials: { kind: 'password' as const, password: 'wrong' } }],
    ['authenticate', { credentials: { kind: 'private_key' as const, privateKey: 'no key' } }],
  ])('stops at %s when that fails', async (step, changes) => {
    const { ok, steps } = await testSshConnection(fixture.server(user, changes), fixture.context);
    expect(ok).toBe(false);
    const failed = steps.findIndex(({ state }) => state === 'failed');
    expect(steps[failed]?.step).toBe(step);
    expect(steps.slice(0, failed).every(({ state }) => state === 'passed')).toBe(true);
    expect(steps.slice(failed + 1).every(({ state }) => state === 'skipped')).toBe(true);
  });

  it('says that a login prints', async () => {
    const noisy = await fixture.addUser();
    writeFileSync(join(noisy.home, '.bashrc'), 'echo Welcome to Acme\n');
    const { ok, steps } = await testSshConnection(fixture.server(noisy), fixture.context);
    expect(ok).toBe(true);
    expect(steps[4]).toMatchObject({ state: 'warning', message: expect.stringContaining('Welcome to Acme') });
  });

  it('says that there is no python3, and that a shell is unusable', async () => {
    const bare = await SshdFixture.start({ hidden: ['python3', 'node', 'nodejs'] });
    const { ok, steps, interpreters } = await testSshConnection(
      bare.server(await bare.addUser()),
      bare.context,
    );
    expect(ok).toBe(true);
    expect(steps[4]).toMatchObject({ state: 'warning', message: expect.stringContaining('no python3') });
    expect(interpreters).toMatchObject({ python3: null, node: null });
    const closed = await testSshConnection(bare.server(await bare.addUser('/bin/false')), bare.context);
    expect(closed.ok).toBe(false);
    expect(states(closed).slice(4)).toEqual(['runner failed', 'interpreters skipped']);
    await bare.stop();
  });
});

describe('A terminal', () => {
  it('shows what is typed, follows its size, and ends with its shell', async () => {
    const shell = await openShell(fixture.server(user), { columns: 91, rows: 23 });
    let shown = '';
    const news: { seen: string; done: () => void }[] = [];
    shell.onData((data) => {
      shown += data.toString();
      news.filter(({ seen }) => shown.includes(seen)).forEach(({ done }) => done());
    });
    const until = (seen: string) =>
      new Promise<void>((done) => (shown.includes(seen) ? done() : news.push({ seen, done })));
    shell.write('stty size\n');
    await until('23 91');
    shell.resize({ columns: 120, rows: 40 });
    shell.write('stty size\n');
    await until('40 120');
    const end = deferred<unknown>();
    shell.onClose(end.resolve);
    shell.write('exit 7\n');
    expect(await end.promise).toEqual({ code: 7, signal: undefined, cause: undefined });
  });

  it('hangs up when it is closed', async () => {
    const shell = await openShell(fixture.server(user), { columns: 80, rows: 24 });
    const end = deferred<unknown>();
    shell.onClose(end.resolve);
    shell.close();
    shell.close();
    expect(await end.promise).toMatchObject({ code: undefined });
    expect(
      await eventually(
        () =>
          !fixture
            .processes(user)
            .map(commandLine)
            .some((line) => line.includes('-bash')),
      ),
    ).toBe(true);
  });

  it('needs an approved key', async () => {
    const size = { columns: 80, rows: 24 };
    await expect(openShell(fixture.server(user, { hostKey: null }), size)).rejects.toMatchObject({
      code: 'host_key_unapproved',
    });
  });
});

import { readdirSync } from 'node:fs';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import { defaultResourceLimits } from '@cronium/server-types';
import { SshdFixture, type TestUser, commandLine, eventually } from './sshd-fixture';
import type { SshExecutor } from './ssh-executor';

jest.setTimeout(60_000);

describe('A host without python3', () => {
  let fixture: SshdFixture;
  let user: TestUser;
  let executor: SshExecutor;

  beforeAll(async () => {
    fixture = await SshdFixture.start({ hidden: ['python3'] });
    user = await fixture.addUser();
    executor = fixture.createExecutor(user);
  });
  afterAll(async () => {
    await executor.disconnect();
    await fixture.stop();
  });

  const folders = () => readdirSync('/tmp').filter((name) => /^cronium-[0-9a-f]{8}-/.test(name));
  const sleeping = () =>
    fixture
      .processes(user)
      .map(commandLine)
      .filter((line) => line.startsWith('sleep 720'));

  it('runs bash scripts, and says what is missing', async () => {
    const environment = { GREETING: 'it’s "quoted" $HOME `x` \\ !', MULTI: 'a\nb' };
    const request = scriptRequest(
      'echo "$GREETING"; echo "$MULTI"; echo oops >&2; cat; env | grep = | cut -d= -f1 | sort | tr "\\n" " "; exit 3',
      {
        environment,
      },
    );
    const { observer, result } = await runScript(executor, request);
    expect(result.end).toEqual({ kind: 'exit', code: 3 });
    const [greeting, a, b, names] = observer.stdout.split('\n');
    expect([greeting, a, b]).toEqual([environment.GREETING, 'a', 'b']);
    // Of the login's environment the account's own, and what the shell itself sets.
    const known = /^(BASH_ENV|GREETING|HOME|LANG|LOGNAME|MULTI|OLDPWD|PATH|PWD|SHELL|SHLVL|TMPDIR|USER|_)$/;
    expect(
      names
        ?.trim()
        .split(' ')
        .filter((name) => !known.test(name)),
    ).toEqual([]);
    expect(observer.stderr).toMatch(/^cronium: helpers .* unavailable .* no python3/);
    expect(observer.stderr).toMatch(/oops\n$/);
    expect(result.usage.outputBytes).toBeGreaterThan(20);
    expect(await eventually(() => folders().length === 0)).toBe(true);
  });

  it('tells a helper’s caller that there are none', async () => {
    const { observer, result } = await runScript(executor, 'cronium_output 1');
    expect(result.end).toEqual({ kind: 'exit', code: 1 });
    expect(observer.stderr).toContain('cronium: helpers are unavailable: this host has no python3\n');
  });

  it('tells how a script ended', async () => {
    expect((await runScript(executor, 'kill -SEGV $$')).result.end).toEqual({
      kind: 'signal',
      signal: 'SIGSEGV',
    });
    expect((await runScript(executor, 'exit 139')).result.end).toEqual({ kind: 'exit', code: 139 });
    expect(
      (await runScript(executor, scriptRequest('sleep 7201', { timeoutSeconds: 0.3 }))).result.end,
    ).toEqual({ kind: 'timeout' });
    const limits = { ...defaultResourceLimits, outputMb: 1 };
    const { observer, result } = await runScript(executor, scriptRequest('yes', { limits }));
    expect(result.end).toEqual({ kind: 'output_limit' });
    expect(observer.bytes('stdout').length).toBe(1024 * 1024);
  });

  it('passes on much output in order, and never half a character', async () => {
    const { observer } = await runScript(
      executor,
      'for ((i = 0; i < 20000; i++)); do echo "zeile $i ü€😀"; done',
    );
    const expected = Array.from({ length: 20_000 }, (_, i) => `zeile ${i} ü€😀\n`).join('');
    expect(observer.stdout === expected).toBe(true);
    expect(observer.outputs.every(({ data }) => !data.toString('utf8').includes('\ufffd'))).toBe(true);
  });

  it('ends a script’s process group at a cancel, also what is deaf to SIGTERM', async () => {
    const [observer, cancel] = [new RecordingObserver(), new AbortController()];
    const script = `trap '' TERM; sleep 7202 & (trap '' TERM; exec sleep 7203) & echo ready; while :; do sleep 1; done`;
    const running = executor.executeScript(
      scriptRequest(script, { killGraceSeconds: 0.3 }),
      observer,
      cancel.signal,
    );
    await observer.until(() => observer.stdout.includes('ready'));
    cancel.abort();
    expect((await running).end).toEqual({ kind: 'cancelled' });
    expect(await eventually(() => sleeping().length === 0 && folders().length === 0)).toBe(true);
  });

  it('ends a script that was cancelled between its job and its start', async () => {
    const control = new AbortController();
    const observer = new RecordingObserver();
    observer.onHandleDo = () => {
      setTimeout(() => control.abort(), 1);
      return Promise.resolve();
    };
    const { result } = await runScript(executor, 'sleep 7204', observer, control.signal);
    expect(result.end).toEqual({ kind: 'cancelled' });
    expect(await eventually(() => sleeping().length === 0)).toBe(true);
  });

  it('ends what a script left behind', async () => {
    expect(printed(await runScript(executor, 'sleep 7204 >/dev/null 2>&1 & echo over'))).toBe('over\n');
    expect(await eventually(() => sleeping().length === 0 && folders().length === 0)).toBe(true);
  });

  it('ends a script with its connection, and says so', async () => {
    const other = fixture.createExecutor(user);
    const observer = new RecordingObserver();
    const letGo = other
      .executeScript(scriptRequest('echo on; sleep 7205'), observer, never)
      .catch((cause: unknown) => cause);
    await observer.until(() => observer.stdout.includes('on'));
    await other.disconnect();
    await letGo;
    await expect(executor.resumeScript(observer.durableHandle, observer, never)).rejects.toMatchObject({
      code: 'script_lost',
      message: expect.stringContaining('without python3'),
    });
    expect(await eventually(() => sleeping().length === 0 && folders().length === 0)).toBe(true);
  });

  it('runs no other language, and names what is missing', async () => {
    for (const language of ['python', 'nodejs'] as const) {
      await expect(runScript(executor, scriptRequest('1', { language }))).rejects.toMatchObject({
        code: 'interpreter_missing',
        message: expect.stringContaining('python3'),
      });
    }
  });

  it('is healthy, and its check says what it cannot do', async () => {
    expect(await executor.checkHealth()).toMatchObject({
      healthy: true,
      notice: expect.stringContaining('no python3'),
    });
    expect((await executor.getResourceUsage()).cpu.limitCores).toBeGreaterThan(0);
  });
});

describe('A host without an interpreter', () => {
  it.each([
    ['bash nor python3', ['bash', 'python3'], 'bash' as const, 'bash'],
    ['node', ['node', 'nodejs'], 'nodejs' as const, 'node'],
  ])('has no %s, and says which is missing', async (_, hidden, language, named) => {
    const fixture = await SshdFixture.start({ hidden });
    const executor = fixture.createExecutor(await fixture.addUser('/bin/dash'));
    await expect(runScript(executor, scriptRequest('1', { language }))).rejects.toMatchObject({
      code: 'interpreter_missing',
      message: expect.stringContaining(named),
    });
    await executor.disconnect();
    await fixture.stop();
  });
});

import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import { SshdFixture, type TestUser } from './sshd-fixture';

jest.setTimeout(90_000);

describe('A login shell', () => {
  let fixture: SshdFixture;

  beforeAll(async () => {
    fixture = await SshdFixture.start();
  });
  afterAll(() => fixture.stop());

  const rc = (user: TestUser, file: string, text: string) => {
    mkdirSync(dirname(join(user.home, file)), { recursive: true });
    writeFileSync(join(user.home, file), text);
    for (let path = file; path !== '.'; path = dirname(path)) {
      chownSync(join(user.home, path), user.uid, user.uid);
    }
  };

  it.each(['/bin/bash', '/bin/sh', '/bin/dash', '/usr/bin/fish', '/bin/csh', '/bin/tcsh'])(
    'may be %s',
    async (shell) => {
      const user = await fixture.addUser(shell);
      const executor = fixture.createExecutor(user);
      const bash = 'cronium_output done; echo "$GREETING $HOME $USER"; pwd | grep -c cronium; kill -TERM $$';
      const observer = new RecordingObserver();
      const environment = { GREETING: 'it’s "quoted" $HOME `x` \\ !' };
      const { end } = await executor.executeScript(scriptRequest(bash, { environment }), observer, never);
      expect(end).toEqual({ kind: 'signal', signal: 'SIGTERM' });
      expect(observer.stdout).toBe(`it’s "quoted" $HOME \`x\` \\ ! ${user.home} ${user.name}\n1\n`);
      expect(observer.helpers).toHaveLength(1);

      const python = scriptRequest('import cronium; print(cronium.input())', {
        language: 'python',
        input: [1],
      });
      expect(printed(await runScript(executor, python))).toBe('[1]\n');
      expect(await executor.checkHealth()).toMatchObject({ healthy: true });
      expect((await executor.getResourceUsage()).memory.limitBytes).toBeGreaterThan(0);
      await executor.disconnect();
    },
  );

  it.each([
    ['bash', '/bin/bash', '.bashrc', 'echo "Welcome!"; echo oops >&2\n'],
    ['fish', '/usr/bin/fish', '.config/fish/config.fish', 'echo "Welcome!"\n'],
    ['csh', '/bin/csh', '.cshrc', 'echo "Welcome!"\n'],
  ])('that prints something first (%s) is told apart from the runner', async (_, shell, file, text) => {
    const user = await fixture.addUser(shell);
    rc(user, file, text);
    const executor = fixture.createExecutor(user);
    const record = await runScript(executor, 'echo one; echo two >&2');
    expect(printed(record)).toBe('one\n');
    expect(record.observer.stderr).toBe('two\n');
    await executor.disconnect();
  });

  it.each([
    ['reads what is meant for the runner', 'read -r line; read -r line\n'],
    ['never stops printing', 'yes\n'],
    ['starts something else', 'exec cat\n'],
    ['ends', 'echo no access; exit 3\n'],
  ])('whose rc file %s is shell_unusable', async (_, text) => {
    const user = await fixture.addUser('/bin/bash');
    rc(user, '.bashrc', text);
    const executor = fixture.createExecutor(user);
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({ code: 'shell_unusable' });
    await executor.disconnect();
  });

  it.each([
    ['/bin/rbash', 'restricted'],
    ['/usr/sbin/nologin', 'not available'],
    ['/bin/false', 'exit code 1'],
  ])('%s runs nothing, and says so', async (shell, message) => {
    const user = await fixture.addUser(shell);
    const executor = fixture.createExecutor(user);
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({
      code: 'shell_unusable',
      message: expect.stringContaining(message),
    });
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'shell_unusable' },
    });
    await executor.disconnect();
  });
});

it('A forced command is shell_unusable', async () => {
  const fixture = await SshdFixture.start({ config: ['ForceCommand echo only backups here'] });
  const executor = fixture.createExecutor(await fixture.addUser());
  await expect(runScript(executor, 'echo')).rejects.toMatchObject({
    code: 'shell_unusable',
    message: expect.stringContaining('only backups here'),
  });
  await executor.disconnect();
  await fixture.stop();
});

it('Few sessions a connection, and a banner before it, are no hindrance', async () => {
  const fixture = await SshdFixture.start({ config: ['MaxSessions 2', 'Banner /etc/passwd'] });
  const executor = fixture.createExecutor(await fixture.addUser());
  const runs = await Promise.all([1, 2, 3, 4, 5].map((n) => runScript(executor, `echo ${n}`)));
  expect(runs.map(printed)).toEqual(['1\n', '2\n', '3\n', '4\n', '5\n']);
  await executor.disconnect();
  await fixture.stop();
});

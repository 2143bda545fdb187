import { printed, runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import type { ContainerExecutor } from './container-executor';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

/** Prints the environment of a process that the script starts, as JSON, in every language. */
const tellEnvironment = `python3 -c 'import json, os; print(json.dumps(dict(os.environ)))'`;

/** A sandbox's bash begins before its job comes: nothing of that may show. */
describe.each(['job', 'namespace'] as const)(
  'A shell of isolation %s that has begun before its script',
  (isolation) => {
    let fixture: EngineFixture;
    let executor: ContainerExecutor;
    beforeAll(async () => {
      fixture = new EngineFixture({ isolation });
      await fixture.verify();
      executor = fixture.createExecutor();
      await executor.connect();
    });
    afterAll(async () => {
      await executor.disconnect();
      await fixture.dispose();
    });

    const environmentOf = async (environment: Record<string, string>) =>
      JSON.parse(
        printed(await runScript(executor, scriptRequest(tellEnvironment, { environment }))),
      ) as Record<string, string>;

    it.each([
      ['quotes and signs of a shell', { A: `it's "$HOME" \`id\` \\ $(id) !! ~ *`, B: "'", C: "\\'" }],
      ['lines, blanks and tabs', { A: ' a\nb\r\n\tc ', B: '\n', EMPTY: '' }],
      ['letters of other scripts', { A: 'Grüße, 世界 🚀', B: '\u00a0\u2028' }],
      ['what looks like an array or an option', { A: '(1 2 3)', B: '-x', C: '[0]=x', D: 'a=b' }],
      ['control characters', { A: '\u0001\u007f\u001b[31m' }],
      ['names that no shell can export', { 'a-b': '1', 'a.b': '2', '1A': '3' }],
      ['more than a pipe holds', { A: 'x'.repeat(100_000), B: 'y'.repeat(100_000) }],
      ['what has a meaning to bash', { PS4: '> ', HISTFILE: '/tmp/h', TMOUT: '3' }],
      ['another PATH and language', { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'Asia/Tokyo', HOME: '/tmp' }],
    ])('hands on %s', async (_what, environment) => {
      expect(await environmentOf(environment)).toMatchObject(environment);
    });

    it('is in the place of one that begins with its script', async () => {
      const script = `echo "$0 $BASH_SOURCE \${#BASH_SOURCE[@]} $LINENO $# $SECONDS $-"
echo "$BASH_ENV"; type -t cronium_output
for fd in /proc/$$/fd/*; do readlink "$fd"; done | grep -c pipe: # its output, its errors, and the one to grep
(exit 3); echo "$?"; set -o | grep -c 'posix.*off'
bash -c 'type -t cronium_input'`;
      const { observer } = await runScript(executor, script);
      expect(observer.stderr).toBe('');
      expect(observer.stdout.split('\n')).toEqual([
        expect.stringMatching(/^(\/\S+\/script\.sh) \1 1 1 0 0 hB$/),
        '/opt/cronium/runtime-helpers/cronium.sh',
        'function',
        expect.stringMatching(/^[23]$/),
        '3',
        '1',
        'function',
        '',
      ]);
    });

    it('lets options of bash be set by their variable', async () => {
      const request = scriptRequest('false; echo not here', { environment: { SHELLOPTS: 'errexit' } });
      expect((await runScript(executor, request)).result.end).toEqual({ kind: 'exit', code: 1 });
    });

    it('is refused an environment that no program can have', async () => {
      const request = scriptRequest('echo not here', { environment: { 'a-b': 'x'.repeat(200_000) } });
      await expect(runScript(executor, request)).rejects.toThrow('Argument list too long');
    });

    it.each([
      [
        'python',
        'import os\nprint(os.environ["A"], os.environ["BASH_ENV"], os.path.exists("/proc/self/fd/9"))',
      ],
      ['nodejs', 'console.log(process.env.A, process.env.BASH_ENV, false)'],
    ] as const)('makes way for %s', async (language, content) => {
      const request = scriptRequest(content, { language, environment: { A: `it's` } });
      const outcome = printed(await runScript(executor, request));
      expect(outcome.toLowerCase()).toBe(`it's /opt/cronium/runtime-helpers/cronium.sh false\n`);
    });
  },
);

import { createHash } from 'node:crypto';

import type { ContainerExecutor } from '../container/container-executor';
import { EngineFixture } from '../container/engine-fixture';
import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import type { ScriptExecutionRequest } from '../port';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;
const md5 = (data: Buffer) => createHash('md5').update(data).digest('hex');

/** In a sandbox the runner is process 1; in the shared container it has its script as a tree of processes below it. */
describe.each(['job', 'shared'] as const)('A runner of isolation %s', (isolation) => {
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

  const bash = (script: string, changes: Partial<ScriptExecutionRequest> = {}) =>
    runScript(executor, scriptRequest(script, changes));
  const python = (script: string, changes: Partial<ScriptExecutionRequest> = {}) =>
    bash(script, { language: 'python', ...changes });

  describe('carries output', () => {
    it('of every byte', async () => {
      const { observer } = await python(
        'import sys\nsys.stdout.buffer.write(bytes(range(256)) * 1000)\nsys.stderr.buffer.write(bytes(range(255, -1, -1)) * 1000)',
      );
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
      const thousandfold = (one: Buffer) => md5(Buffer.concat(Array<Buffer>(1000).fill(one)));
      expect(md5(observer.bytes('stdout'))).toBe(thousandfold(bytes));
      const reversed = Buffer.from(bytes).reverse();
      expect(md5(observer.bytes('stderr'))).toBe(thousandfold(reversed));
    });

    it('that is not UTF-8, as it was written', async () => {
      // A lone continuation, an overlong form, a surrogate, and a character that never becomes whole.
      const wrong = '80 c3 28 c0 af ed a0 80 f0 9f 98';
      const { observer } = await python(
        `import sys\nsys.stdout.buffer.write(bytes.fromhex('${wrong}'))\nsys.stdout.flush()`,
      );
      expect(observer.bytes('stdout').toString('hex')).toBe(wrong.replaceAll(' ', ''));
    });

    it('of one line of 10 MB', async () => {
      const { observer, result } = await bash('head -c 10M /dev/zero | tr "\\0" x | tee >(md5sum >&2)');
      const line = observer.bytes('stdout');
      expect(line.length).toBe(10 * MIB);
      expect(observer.stderr).toBe(`${md5(line)}  -\n`);
      expect(result.usage.outputBytes).toBe(10 * MIB + observer.stderr.length);
      expect(Math.max(...observer.outputs.map(({ data }) => data.length))).toBeLessThanOrEqual(64 * 1024);
    });

    it('without a newline at its end', async () => {
      expect(printed(await bash('printf "no newline"'))).toBe('no newline');
    });

    it('without cutting a character between two pieces', async () => {
      const text = 'é€😀aß→𝄞';
      const { observer } = await python(
        `import os
text = ${JSON.stringify(text)}.encode() * 20000
while text: text = text[os.write(1, text[:4099]):]
for byte in ${JSON.stringify(text)}.encode(): os.write(2, bytes([byte]))`,
      );
      expect(observer.outputs.length).toBeGreaterThan(10);
      const strict = new TextDecoder('utf-8', { fatal: true });
      for (const { data } of observer.outputs) {
        expect(() => strict.decode(data)).not.toThrow();
      }
      expect(observer.stdout).toBe(text.repeat(20000));
      expect(observer.stderr).toBe(text);
    });

    it('of two streams apart, each in its order', async () => {
      const { observer } = await bash('for n in {1..2000}; do echo "out $n"; echo "err $n" >&2; done');
      const numbers = Array.from({ length: 2000 }, (_, index) => index + 1);
      expect(observer.stdout).toBe(numbers.map((n) => `out ${n}\n`).join(''));
      expect(observer.stderr).toBe(numbers.map((n) => `err ${n}\n`).join(''));
    });

    it('of a script that closes stdout early and goes on', async () => {
      const { observer, result } = await bash(
        'echo first; exec >&-; sleep 0.2; echo second >&2; exec 2>&-; cronium_output done; exit 4',
      );
      expect([observer.stdout, observer.stderr]).toEqual(['first\n', 'second\n']);
      expect(observer.helpers).toHaveLength(1);
      expect(result.end).toEqual({ kind: 'exit', code: 4 });
    });

    it('that a child still has to write when the script ends', async () => {
      const { observer, result } = await bash(
        'exec > >(while read -r line; do echo "seen $line"; done); echo one; echo two',
      );
      expect(observer.stdout).toBe('seen one\nseen two\n');
      expect(result.end).toEqual({ kind: 'exit', code: 0 });
    });

    it('no faster than the observer takes it, and loses nothing', async () => {
      const observer = new RecordingObserver();
      const kept: (() => void)[] = [];
      let released = false;
      observer.onOutputDo = () =>
        released ? Promise.resolve() : new Promise<void>((resolve) => void kept.push(resolve));
      const running = runScript(executor, scriptRequest('head -c 24M /dev/zero; echo end >&2'), observer);
      // The runner keeps 4 MiB, and then the script has to wait.
      await observer.until(() => observer.bytes('stdout').length >= 4 * MIB);
      await bash('true');
      expect(observer.bytes('stdout').length).toBeLessThan(6 * MIB);
      released = true;
      kept.forEach((resolve) => resolve());
      const { result } = await running;
      expect(result.end).toEqual({ kind: 'exit', code: 0 });
      expect(observer.bytes('stdout').length).toBe(24 * MIB);
      expect(observer.stderr).toBe('end\n');
    });
  });

  describe('ends all of a script', () => {
    /** Each leaves a process behind that tells where it is, and would live for minutes. */
    const leavers = [
      ['setsid', 'setsid sleep 600 > /dev/null 2>&1 &'],
      ['nohup', 'nohup sleep 600 > /dev/null 2>&1 &'],
      ['a double fork', '( ( exec sleep 600 > /dev/null 2>&1 ) & )'],
      ['a child that keeps stdout open', 'sleep 600 &'],
      ['a child that keeps stdout open and ignores SIGTERM', '( trap "" TERM HUP; sleep 600; sleep 600 ) &'],
      [
        'a daemon that closes everything',
        `python3 -c 'import os
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
os.closerange(0, 256)
import time; time.sleep(600)'`,
      ],
      ['a stopped process', 'sleep 600 > /dev/null 2>&1 & kill -STOP $!'],
    ] as const;

    it.each(leavers)('when the script itself has ended: %s', async (_, leave) => {
      const record = await bash(`${leave}\necho done; exit 6`);
      expect(record.observer.stdout).toBe('done\n');
      expect(record.result.end).toEqual({ kind: 'exit', code: 6 });
      // The figure would tell if the runner had waited.
      expect(record.result.usage.wallMs).toBeLessThan(30_000);
      expect(
        printed(
          await bash(
            "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c 'sleep 60[0]\\|sleep(60[0])'; true",
          ),
        ),
      ).toBe('0\n');
    });

    it('when it is cancelled: SIGTERM first, to every process', async () => {
      const cancel = new AbortController();
      const observer = new RecordingObserver();
      const running = runScript(
        executor,
        scriptRequest(
          '( trap "echo child; exit" TERM; echo ready; while :; do sleep 0.05; done ) & trap "wait; echo parent; exit" TERM; echo ready; while :; do sleep 0.05; done',
          { killGraceSeconds: 20 },
        ),
        observer,
        cancel.signal,
      );
      await observer.until(() => observer.stdout.split('ready\n').length === 3);
      cancel.abort();
      expect((await running).result.end).toEqual({ kind: 'cancelled' });
      expect(observer.stdout.replaceAll('ready\n', '')).toBe('child\nparent\n');
    });

    it('when it is cancelled: SIGKILL after the grace', async () => {
      const cancel = new AbortController();
      const observer = new RecordingObserver();
      const running = runScript(
        executor,
        scriptRequest(
          'trap "echo no" TERM; ( trap "" TERM; setsid sleep 600 ) & echo ready; while :; do sleep 0.05; done',
          { killGraceSeconds: 0.5 },
        ),
        observer,
        cancel.signal,
      );
      await observer.until(() => observer.outputs.length > 0);
      cancel.abort();
      const { result } = await running;
      expect(result.end).toEqual({ kind: 'cancelled' });
      expect(observer.stdout).toBe('ready\nno\n');
      expect(result.usage.wallMs).toBeGreaterThanOrEqual(500);
    });
  });

  describe('measures', () => {
    it('the processor time of the script and of its children', async () => {
      const burn = (seconds: number) => `import time\nwhile time.process_time() < ${seconds}: pass`;
      const { result } = await bash(`python3 -c '${burn(0.4)}' & python3 -c '${burn(0.4)}'; wait`);
      const { cpuUserMs, cpuSystemMs, wallMs } = result.usage;
      expect(cpuUserMs + cpuSystemMs).toBeGreaterThanOrEqual(780);
      expect(cpuUserMs + cpuSystemMs).toBeLessThan(3000);
      expect(wallMs).toBeGreaterThanOrEqual(390);
    });

    it('the peak of the memory', async () => {
      const { result } = await python(
        'import time\nheld = bytearray(100 << 20)\ntime.sleep(0.3)\ndel held\ntime.sleep(0.1)',
      );
      expect(result.usage.peakMemoryBytes).toBeGreaterThanOrEqual(100 * MIB);
      expect(result.usage.peakMemoryBytes).toBeLessThan(160 * MIB);
    });

    it('next to nothing for a script that does nothing', async () => {
      const { result } = await bash('true');
      expect(result.usage.peakMemoryBytes).toBeGreaterThan(0);
      expect(result.usage.peakMemoryBytes).toBeLessThan(40 * MIB);
      expect(result.usage.outputBytes).toBe(0);
    });
  });

  it('gives scripts a clean start', async () => {
    const { observer } = await bash(
      'trap -p; cat < /dev/stdin | wc -c; ls /proc/self/fd | wc -l; [ "$PWD" = "$HOME" ] && echo home; ulimit -c; env | cut -d = -f 1 | sort | tr "\\n" " "',
      { environment: { MINE: '1' } },
    );
    expect(observer.stdout).toBe(
      '0\n4\nhome\n0\nBASH_ENV CRONIUM_HELPERS CRONIUM_SOCKET HOME LANG MINE NODE_PATH PATH PWD PYTHONPATH PYTHONUNBUFFERED SHLVL TMPDIR _ ',
    );
  });

  it('says so when it does not know the language', async () => {
    const request = scriptRequest('echo', { language: 'ruby' as 'bash' });
    await expect(executor.executeScript(request, new RecordingObserver(), never)).rejects.toMatchObject({
      code: 'protocol_error',
      message: expect.stringContaining('ruby'),
    });
  });
});

import { defaultResourceLimits } from '@cronium/server-types';
import { randomUUID } from 'node:crypto';

import { deferred } from '../deferred';
import {
  ExecutionError,
  ExecutorDisconnectedError,
  HelperError,
  ScriptNotStartedError,
  ScriptTakenOverError,
} from '../execution-error';
import type { ScriptExecutionRequest, ServerExecutor } from '../port';
import type { ScriptHandle } from '../script-handle';
import { RecordingObserver } from './recording-observer';
import { never, scriptRequest } from './script-request';

/** One server, on which any number of executors can be made. */
export interface ExecutorHarness {
  createExecutor(): ServerExecutor;
  /** Whether anything that the handle leads to is left on the server, once removals that were begun are done. */
  remains(handle: ScriptHandle): Promise<boolean>;
  dispose(): Promise<void>;
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => `echo line ${index + 1}`).join('\n');

/** What every `ServerExecutor` promises. The scripts are bash, and also directives that the fake obeys. */
export function describeServerExecutor(name: string, createHarness: () => Promise<ExecutorHarness>): void {
  describe(`${name} keeps the contract of ServerExecutor`, () => {
    let harness: ExecutorHarness;
    let executor: ServerExecutor;

    beforeAll(async () => {
      harness = await createHarness();
      executor = harness.createExecutor();
      await executor.connect();
    });

    afterAll(async () => {
      await executor.disconnect();
      await harness.dispose();
    });

    const run = async (
      request: ScriptExecutionRequest,
      observer = new RecordingObserver(),
      signal = never,
    ) => ({
      observer,
      result: await executor.executeScript(request, observer, signal),
    });

    it('tells the handle, the start, the output and the end, in this order', async () => {
      const request = scriptRequest('echo hello\necho oops >&2\nexit 3');
      const { observer, result } = await run(request);

      expect(observer.calls.slice(0, 2)).toEqual(['handle', 'started']);
      expect([...observer.calls.slice(2, -1)].sort()).toEqual(['stderr', 'stdout']);
      expect(observer.calls.at(-1)).toBe('end');
      expect(observer.handle).toMatchObject({ version: 1, jobId: request.jobId, ackedSeq: 0 });
      expect(observer.stdout).toBe('hello\n');
      expect(observer.stderr).toBe('oops\n');
      expect(result.end).toEqual({ kind: 'exit', code: 3 });
      expect(result.usage).toMatchObject({ outputBytes: 11 });
      expect(result.usage.wallMs).toBeGreaterThanOrEqual(0);
      expect(result.endedAt.getTime()).toBeGreaterThanOrEqual(result.startedAt.getTime());
      expect(await harness.remains(observer.durableHandle)).toBe(false);
    });

    it('reports a signal that was not its own', async () => {
      const { result } = await run(scriptRequest('kill -SEGV $$'));
      expect(result.end).toEqual({ kind: 'signal', signal: 'SIGSEGV' });
    });

    it('gives output in order, with rising sequence numbers', async () => {
      const { observer } = await run(scriptRequest(lines(300)));
      const sequence = observer.outputs.map(({ seq }) => seq);
      expect(observer.stdout.trim().split('\n')).toEqual(
        Array.from({ length: 300 }, (_, i) => `line ${i + 1}`),
      );
      expect(sequence).toEqual([...new Set(sequence)].sort((a, b) => a - b));
    });

    it('does not start the script before the handle is durable', async () => {
      const observer = new RecordingObserver();
      const durable = deferred<void>();
      observer.onHandleDo = () => durable.promise;
      const running = run(scriptRequest('echo hello'), observer);
      await observer.until(() => observer.calls.length > 0);
      // Whatever else is going on has had its turn when another whole job is through.
      await run(scriptRequest('echo other'));
      expect(observer.calls).toEqual(['handle']);
      durable.resolve();
      expect((await running).result.end).toEqual({ kind: 'exit', code: 0 });
    });

    it('does not resolve before all output is durable', async () => {
      const observer = new RecordingObserver();
      const durable = deferred<void>();
      observer.onOutputDo = () => durable.promise;
      let resolved = false;
      const running = run(scriptRequest('echo hello'), observer).then(() => (resolved = true));
      await observer.until(() => observer.outputs.length > 0);
      await run(scriptRequest('echo other'));
      expect(resolved).toBe(false);
      durable.resolve();
      await running;
    });

    it.each([
      ['the handle', { onHandleDo: () => Promise.reject(new Error('no database')) }],
      ['output', { onOutputDo: () => Promise.reject(new Error('no database')) }],
    ])('ends the script and rejects when the observer refuses %s', async (_, refusing) => {
      const observer = Object.assign(new RecordingObserver(), refusing);
      const request = scriptRequest('echo hello\nsleep 60');
      const error: unknown = await run(request, observer).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(ExecutionError);
      expect(error).toMatchObject({
        code: 'internal_error',
        cause: expect.objectContaining({ message: 'no database' }),
      });
      expect(await harness.remains(observer.durableHandle)).toBe(false);
    });

    it('answers the input and event helpers', async () => {
      const { observer } = await run(
        scriptRequest('cronium_input\ncronium_event', {
          input: { city: 'Zürich' },
          event: { name: 'nightly' },
        }),
      );
      const [input = '', event = ''] = observer.stdout.trim().split('\n');
      expect([JSON.parse(input), JSON.parse(event)]).toEqual([{ city: 'Zürich' }, { name: 'nightly' }]);
    });

    it('passes the output helper to the observer', async () => {
      const { observer, result } = await run(
        scriptRequest(`cronium_output '{"rows":[1,2]}'\ncronium_output done`),
      );
      expect(observer.helpers).toEqual([
        { method: 'output', params: { value: { rows: [1, 2] } } },
        { method: 'output', params: { value: 'done' } },
      ]);
      expect(result.end).toEqual({ kind: 'exit', code: 0 });
    });

    it('shows a helper error to the script', async () => {
      const observer = new RecordingObserver();
      observer.onHelperDo = () => Promise.reject(new HelperError('the value is too large'));
      const { result } = await run(scriptRequest('cronium_output 1'), observer);
      expect(observer.stderr).toContain('the value is too large');
      expect(result.end).toEqual({ kind: 'exit', code: 1 });
    });

    it('cancels a running script', async () => {
      const cancel = new AbortController();
      const observer = new RecordingObserver();
      const running = run(scriptRequest('echo ready\nsleep 60'), observer, cancel.signal);
      await observer.until(() => observer.outputs.length > 0);
      cancel.abort();
      const { result } = await running;
      expect(result.end).toEqual({ kind: 'cancelled' });
      expect(observer.stdout).toBe('ready\n');
    });

    it('does not start a script that is cancelled already', async () => {
      const { observer, result } = await run(scriptRequest('echo hello'), undefined, AbortSignal.abort());
      expect(result.end).toEqual({ kind: 'cancelled' });
      expect(observer.calls).toEqual([]);
    });

    it('ends a script at its timeout', async () => {
      const { result } = await run(scriptRequest('sleep 60', { timeoutSeconds: 0.2 }));
      expect(result.end).toEqual({ kind: 'timeout' });
    });

    it('ends a script at its output limit and delivers what fits', async () => {
      const kibibyte = `echo ${'x'.repeat(1023)}`;
      const limits = { ...defaultResourceLimits, outputMb: 1 };
      const { observer, result } = await run(scriptRequest(`${kibibyte}\n`.repeat(1100), { limits }));
      expect(result.end).toEqual({ kind: 'output_limit' });
      expect(observer.bytes('stdout').length).toBe(1024 * 1024);
    });

    it('runs several scripts at one time', async () => {
      const runs = await Promise.all([1, 2, 3].map((number) => run(scriptRequest(`echo ${number}`))));
      expect(runs.map(({ observer }) => observer.stdout)).toEqual(['1\n', '2\n', '3\n']);
    });

    it('tells what a script uses while it runs, also after another executor has resumed it', async () => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      const letGo = first
        .executeScript(scriptRequest('echo one\nsleep 60'), before, never)
        .catch((cause: unknown) => cause);
      await before.until(() => before.outputs.length > 0 && before.usages.length > 1);
      await first.disconnect();
      await letGo;

      const [earlier, later] = before.usages.map(({ at }) => at.getTime());
      expect((later ?? 0) - (earlier ?? 0)).toBeGreaterThan(500);
      expect(before.usages[0]).toMatchObject({
        cpuPercent: expect.any(Number),
        memoryBytes: expect.any(Number),
        diskBytes: expect.any(Number),
      });
      const after = new RecordingObserver();
      const cancel = new AbortController();
      const resumed = executor.resumeScript(before.durableHandle, after, cancel.signal);
      await after.until(() => after.usages.length > 0);
      cancel.abort();
      expect((await resumed).end).toEqual({ kind: 'cancelled' });
    });

    it('lets go at disconnect, and another executor resumes without gap or repetition', async () => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      const request = scriptRequest(`echo one\nsleep 1\n${lines(50)}\nexit 7`);
      const letGo = first.executeScript(request, before, never).catch((cause: unknown) => cause);
      await before.until(() => before.outputs.length > 0);
      await first.disconnect();
      expect(await letGo).toBeInstanceOf(ExecutorDisconnectedError);

      const after = new RecordingObserver();
      const result = await executor.resumeScript(before.durableHandle, after, never);
      expect(result.end).toEqual({ kind: 'exit', code: 7 });
      expect((before.stdout + after.stdout).trim().split('\n')).toEqual([
        'one',
        ...Array.from({ length: 50 }, (_, i) => `line ${i + 1}`),
      ]);
      expect(after.calls).not.toContain('handle');
      expect(await harness.remains(before.durableHandle)).toBe(false);
    });

    it('resumes a script that has ended meanwhile', async () => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      before.onOutputDo = () => new Promise(() => undefined);
      const request = scriptRequest('echo one\nexit 5');
      const letGo = first.executeScript(request, before, never).catch((cause: unknown) => cause);
      await before.until(() => before.outputs.length > 0);
      await first.disconnect();
      await letGo;

      const after = new RecordingObserver();
      // The output was heard and never durable: it comes again.
      const result = await executor.resumeScript({ ...before.durableHandle, ackedSeq: 0 }, after, never);
      expect(after.stdout).toBe('one\n');
      expect(result.end).toEqual({ kind: 'exit', code: 5 });
    });

    it('gives the end to another executor when the first lets go before it is durable', async () => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      before.onEndDo = () => new Promise(() => undefined);
      const letGo = first
        .executeScript(scriptRequest('echo one\nexit 5'), before, never)
        .catch((cause: unknown) => cause);
      await before.until(() => before.calls.includes('end'));
      await first.disconnect();
      await letGo;

      const after = new RecordingObserver();
      const result = await executor.resumeScript(before.durableHandle, after, never);
      expect(result.end).toEqual({ kind: 'exit', code: 5 });
      expect(after.calls).toEqual(['end']);
      // It is waited for first, for some seconds.
    }, 60_000);

    it('waits at disconnect for an end that is being kept, and leaves nothing of the script', async () => {
      const first = harness.createExecutor();
      const observer = new RecordingObserver();
      const kept = deferred<void>();
      observer.onEndDo = () => kept.promise;
      const ended = first.executeScript(scriptRequest('exit 5'), observer, never);
      await observer.until(() => observer.calls.includes('end'));
      const disconnected = first.disconnect();
      kept.resolve();
      expect((await ended).end).toEqual({ kind: 'exit', code: 5 });
      await disconnected;
      expect(await harness.remains(observer.durableHandle)).toBe(false);
    });

    it('lets go of a script that another executor follows, and removes nothing of it', async () => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      before.onOutputDo = () => Promise.reject(new ScriptTakenOverError());
      await expect(
        first.executeScript(scriptRequest('echo one\nexit 5'), before, never),
      ).rejects.toBeInstanceOf(ScriptTakenOverError);
      const after = new RecordingObserver();
      const result = await executor.resumeScript({ ...before.durableHandle, ackedSeq: 0 }, after, never);
      expect(after.stdout).toBe('one\n');
      expect(result.end).toEqual({ kind: 'exit', code: 5 });
      await first.disconnect();
    });

    /** As if a process died while it stored the handle of this job. */
    const dieBeforeStart = async (request: ScriptExecutionRequest): Promise<RecordingObserver> => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      const handed = deferred<void>();
      before.onHandleDo = () => {
        handed.resolve();
        const died = new Error('The process died before the start.');
        return new Promise((_, reject) => setTimeout(() => reject(died), 60_000).unref());
      };
      const letGo = first.executeScript(request, before, never).catch((cause: unknown) => cause);
      await handed.promise;
      await first.disconnect();
      await letGo;
      return before;
    };

    it('says of a script that was never started that it was not, and can start it anew', async () => {
      const request = scriptRequest('echo one');
      const before = await dieBeforeStart(request);
      await expect(
        executor.resumeScript(before.durableHandle, new RecordingObserver(), never),
      ).rejects.toBeInstanceOf(ScriptNotStartedError);
      const after = new RecordingObserver();
      expect((await executor.executeScript(request, after, never)).end).toEqual({ kind: 'exit', code: 0 });
      expect(after.stdout).toBe('one\n');
    });

    it('starts a script of which a process that died has left nothing but a place', async () => {
      const request = scriptRequest('echo one');
      await dieBeforeStart(request);
      const after = new RecordingObserver();
      expect((await executor.executeScript(request, after, never)).end).toEqual({ kind: 'exit', code: 0 });
      expect(after.stdout).toBe('one\n');
    });

    it('cancels a script that it resumed', async () => {
      const first = harness.createExecutor();
      const before = new RecordingObserver();
      const letGo = first
        .executeScript(scriptRequest('echo one\nsleep 60'), before, never)
        .catch((cause: unknown) => cause);
      await before.until(() => before.outputs.length > 0);
      await first.disconnect();
      await letGo;

      const result = await executor.resumeScript(
        before.durableHandle,
        new RecordingObserver(),
        AbortSignal.abort(),
      );
      expect(result.end).toEqual({ kind: 'cancelled' });
    });

    it('cannot resume what it does not find', async () => {
      const observer = new RecordingObserver();
      await run(scriptRequest('echo gone'), observer);
      const handle = { ...observer.durableHandle, jobId: randomUUID() };
      await expect(executor.resumeScript(handle, new RecordingObserver(), never)).rejects.toMatchObject({
        code: 'script_lost',
      });
    });

    it('is healthy, measures itself, and connects and disconnects as often as one likes', async () => {
      const other = harness.createExecutor();
      await other.connect();
      await other.connect();
      expect(await other.checkHealth()).toMatchObject({ healthy: true, reason: undefined });
      expect(await other.getResourceUsage()).toMatchObject({ activeJobs: 0 });
      await other.disconnect();
      await other.disconnect();
    });
  });
}

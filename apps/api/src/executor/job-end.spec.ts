import { jobErrorSchema } from '@cronium/contracts';
import { ExecutionError, type ScriptEnd, type ScriptExecutionResult } from '@cronium/execution';

import { toJobEnd, toPlatformEnd } from './job-end';

const limits = { cpu: 1, memoryMb: 512, pids: 128, diskMb: 256, outputMb: 64 };
const result = (end: ScriptEnd): ScriptExecutionResult => ({
  end,
  usage: { wallMs: 1, cpuUserMs: 2, cpuSystemMs: 3, peakMemoryBytes: 4, outputBytes: 5 },
  startedAt: new Date(1),
  endedAt: new Date(2),
});
const endOf = (end: ScriptEnd) => toJobEnd(result(end), limits, 30);

describe('toJobEnd', () => {
  it.each<[ScriptEnd, object]>([
    [
      { kind: 'exit', code: 0 },
      { state: 'succeeded', exitCode: 0 },
    ],
    [
      { kind: 'exit', code: 3 },
      { state: 'failed', exitCode: 3 },
    ],
    [
      { kind: 'signal', signal: 'SIGSEGV' },
      { state: 'failed', signal: 'SIGSEGV' },
    ],
    [{ kind: 'cancelled' }, { state: 'cancelled' }],
  ])('of %j is %j, without an error', (end, expected) => {
    const { usage } = result(end);
    expect(endOf(end)).toEqual({ ...expected, usage, scriptEndedAt: new Date(2) });
  });

  it.each<[Exclude<ScriptEnd['kind'], 'exit' | 'signal' | 'cancelled'>, string, RegExp]>([
    ['timeout', 'timed_out', /30 s.*Raise “timeout”/],
    ['out_of_memory', 'failed', /512 MiB.*Raise “memory”/],
    ['process_limit', 'failed', /128 processes.*Raise “processes”/],
    ['disk_full', 'failed', /256 MiB.*Raise “disk”/],
    ['output_limit', 'failed', /64 MiB.*Raise “output”/],
  ])('of %s names the limit and the remedy', (kind, state, message) => {
    const end = endOf({ kind });
    expect(end).toMatchObject({
      state,
      error: { code: kind, platform: false, message: expect.stringMatching(message) },
    });
    expect(end).not.toHaveProperty('exitCode');
    expect(end).not.toHaveProperty('signal');
    // What programs may rely on is written down.
    expect(jobErrorSchema.shape.code.description).toContain(`\`${kind}\``);
  });
});

describe('toPlatformEnd', () => {
  it.each([
    'engine_unavailable',
    'image_missing',
    'server_disk_full',
    'sandbox_failed',
    'container_unavailable',
    'interpreter_missing',
    'protocol_error',
    'internal_error',
  ] as const)('of %s is a failure of the platform', (code) => {
    expect(toPlatformEnd(new ExecutionError(code, 'Cause and remedy.'))).toEqual({
      state: 'failed',
      error: { code, message: 'Cause and remedy.', platform: true },
    });
    expect(jobErrorSchema.shape.code.description).toContain(`\`${code}\``);
  });

  it('of a script whose end is not known is lost', () => {
    expect(toPlatformEnd(new ExecutionError('script_lost', 'It is gone.'))).toMatchObject({ state: 'lost' });
  });

  it.each([new Error('SELECT secret FROM users'), 'text', undefined])(
    'of %p tells nothing of its inside',
    (error) => {
      const end = toPlatformEnd(error);
      expect(end).toMatchObject({ state: 'failed', error: { code: 'internal_error', platform: true } });
      expect(end.error?.message).not.toContain('SELECT');
    },
  );
});

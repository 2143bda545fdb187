import { type RetryCause, type RetryInput, retrySchema } from '@cronium/contracts';

import type { JobEnd } from './job-ends';
import { causeOf, pauseAfter } from './retry-policy';

const error = (platform: boolean, code = 'out_of_memory') => ({ code, message: '', platform });
const exit = (exitCode: number): JobEnd => ({ state: exitCode === 0 ? 'succeeded' : 'failed', exitCode });
const pause = (policy: RetryInput, attempt: number, end: JobEnd = exit(1), random = 0) =>
  pauseAfter(retrySchema.parse(policy), attempt, end, random);

describe('causeOf', () => {
  it.each<[string, JobEnd, RetryCause | null]>([
    ['an exit code', exit(3), 'exit_code'],
    ['a signal', { state: 'failed', signal: 'SIGSEGV' }, 'signal'],
    ['a limit', { state: 'failed', exitCode: 137, error: error(false) }, 'limit'],
    ['a timeout', { state: 'timed_out', error: error(false) }, 'timeout'],
    ['a platform failure', { state: 'failed', error: error(true) }, 'platform_error'],
    ['a script nobody found again', { state: 'lost', error: error(true) }, 'lost'],
    ['a refusal', { state: 'failed', error: error(false, 'environment_refused') }, null],
    ['success', exit(0), null],
    ['a cancellation', { state: 'cancelled' }, null],
    ['a skipped job', { state: 'skipped', error: error(false) }, null],
  ])('knows %s', (_, end, cause) => {
    expect(causeOf(end)).toBe(cause);
  });
});

describe('pauseAfter', () => {
  it('makes as many attempts as the limit says, after the first', () => {
    expect([1, 2, 3].map((attempt) => pause({ limit: 2 }, attempt))).toEqual([10, 10, null]);
    expect(pause({}, 1)).toBeNull();
  });

  it('doubles the pause up to the longest', () => {
    const policy: RetryInput = { limit: 9, backoff: 'exponential', delaySeconds: 3, maxDelaySeconds: 20 };
    expect([1, 2, 3, 4, 5].map((attempt) => pause(policy, attempt))).toEqual([3, 6, 12, 20, 20]);
  });

  it('takes a random part of it away', () => {
    expect(pause({ limit: 1, delaySeconds: 100, jitter: 0.5 }, 1, exit(1), 0.5)).toBe(75);
    expect(pause({ limit: 1, delaySeconds: 0 }, 1)).toBe(0);
  });

  it('follows only the ends, and the exit codes, that it names', () => {
    expect(pause({ limit: 1, on: ['timeout'] }, 1)).toBeNull();
    expect(pause({ limit: 1, on: ['timeout'] }, 1, { state: 'timed_out' })).toBe(10);
    const policy: RetryInput = { limit: 1, exitCodes: [75] };
    expect([1, 75].map((code) => pause(policy, 1, exit(code)))).toEqual([null, 10]);
    expect(pause(policy, 1, { state: 'failed', signal: 'SIGKILL' })).toBe(10);
    // A script that may have done its work is repeated only when somebody says so.
    expect(pause({ limit: 1 }, 1, { state: 'lost' })).toBeNull();
  });
});

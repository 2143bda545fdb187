import type { Retry, RetryCause } from '@cronium/contracts';

import type { JobEnd } from './job-ends';

const limitCodes: readonly string[] = ['out_of_memory', 'process_limit', 'disk_full', 'output_limit'];

/** How an attempt ended, as retry policies name it; null for an end that is never repeated. */
export function causeOf({ state, exitCode, signal, error }: JobEnd): RetryCause | null {
  switch (state) {
    case 'timed_out':
      return 'timeout';
    case 'lost':
      return 'lost';
    case 'failed':
      if (error?.platform) return 'platform_error';
      if (error) return limitCodes.includes(error.code) ? 'limit' : null;
      if (signal !== undefined) return 'signal';
      return exitCode === undefined ? null : 'exit_code';
    default:
      return null;
  }
}

/**
 * Seconds until the next attempt; null when there is none.
 *
 * @param attempt the one that ended, 1 is the first
 * @param random from 0 to below 1
 */
export function pauseAfter(retry: Retry, attempt: number, end: JobEnd, random: number): number | null {
  const cause = causeOf(end);
  if (attempt > retry.limit || cause === null || !retry.on.includes(cause)) return null;
  if (cause === 'exit_code' && retry.exitCodes && !retry.exitCodes.includes(end.exitCode ?? 0)) return null;
  const factor = retry.backoff === 'exponential' ? 2 ** (attempt - 1) : 1;
  const pause = Math.min(retry.delaySeconds * factor, retry.maxDelaySeconds);
  return pause * (1 - retry.jitter * random);
}

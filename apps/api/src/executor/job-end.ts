import type { JobError } from '@cronium/contracts';
import { ExecutionError, type ScriptEnd, type ScriptExecutionResult } from '@cronium/execution';
import type { ResourceLimits } from '@cronium/server-types';

import type { JobEnd } from '../executions/job-store';

/** What a script's end means for its job, in words that name the limit and the remedy. */
export function toJobEnd(
  result: ScriptExecutionResult,
  limits: ResourceLimits,
  timeoutSeconds: number,
): JobEnd {
  const { end, usage, endedAt: scriptEndedAt } = result;
  return { ...outcomeOf(end, limits, timeoutSeconds), usage, scriptEndedAt };
}

/** A platform failure, which is never the script's. A script whose whereabouts are unknown is `lost`. */
export function toPlatformEnd(error: unknown): JobEnd {
  const known = error instanceof ExecutionError ? error : undefined;
  const code = known?.code ?? 'internal_error';
  const message =
    known?.message ??
    'Cronium met an unexpected error while it ran the job. The server’s log has the details.';
  return { state: code === 'script_lost' ? 'lost' : 'failed', error: { code, message, platform: true } };
}

function outcomeOf(
  end: ScriptEnd,
  limits: ResourceLimits,
  timeoutSeconds: number,
): Pick<JobEnd, 'state' | 'exitCode' | 'signal' | 'error'> {
  switch (end.kind) {
    case 'exit':
      return { state: end.code === 0 ? 'succeeded' : 'failed', exitCode: end.code };
    case 'signal':
      return { state: 'failed', signal: end.signal };
    case 'cancelled':
      return { state: 'cancelled' };
    case 'timeout':
      return {
        state: 'timed_out',
        error: byLimit(
          'timeout',
          `The script ran longer than its limit of ${timeoutSeconds} s and was ended. Raise “timeout” if it needs more.`,
        ),
      };
    case 'out_of_memory':
      return {
        state: 'failed',
        error: byLimit(
          'out_of_memory',
          `The script used more than its ${limits.memoryMb} MiB of memory and was ended. Raise “memory” or use less.`,
        ),
      };
    case 'process_limit':
      return {
        state: 'failed',
        error: byLimit(
          'process_limit',
          `The script started more than ${limits.pids} processes or threads and was ended. Raise “processes” or start fewer.`,
        ),
      };
    case 'disk_full':
      return {
        state: 'failed',
        error: byLimit(
          'disk_full',
          `The script filled its workspace of ${limits.diskMb} MiB. Raise “disk” or write less.`,
        ),
      };
    case 'output_limit':
      return {
        state: 'failed',
        error: byLimit(
          'output_limit',
          `The script wrote more than ${limits.outputMb} MiB of output and was ended. Raise “output” or print less.`,
        ),
      };
  }
}

function byLimit(code: string, message: string): JobError {
  return { code, message, platform: false };
}

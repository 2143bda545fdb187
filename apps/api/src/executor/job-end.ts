import type { JobError } from '@cronium/contracts';
import { ExecutionError, type ScriptEnd, type ScriptExecutionResult } from '@cronium/execution';
import type { ResourceLimits } from '@cronium/server-types';

import type { JobEnd } from '../executions/job-ends';
import type { ClaimedJob } from '../executions/job-store';

/** What a script's end means for its job, in words that name the limit and the remedy. */
export function toJobEnd(
  result: ScriptExecutionResult,
  limits: ResourceLimits,
  timeoutSeconds: number,
): JobEnd {
  const { end, usage, endedAt: scriptEndedAt } = result;
  return { ...outcomeOf(end, limits, timeoutSeconds), usage, scriptEndedAt };
}

/** Between its trigger and its start the owner of the event lost the right to use the server. */
export function accessLost({ server }: Pick<ClaimedJob, 'server'>): JobEnd {
  return {
    state: 'skipped',
    error: {
      code: 'access_lost',
      message: `The owner of this event may not use “${server.name}” any more. Ask for access, or choose another server.`,
      platform: false,
    },
  };
}

/** The event names its servers by a tag, so that this could not be seen when it was saved. */
export function environmentRefused({ server }: Pick<ClaimedJob, 'server'>, key: string): JobEnd {
  return {
    state: 'failed',
    error: {
      code: 'environment_refused',
      message: `The environment sets ${key}, which changes how processes are loaded. It is not allowed on ssh servers like “${server.name}”; remove it.`,
      platform: false,
    },
  };
}

/** Its server was not ready to run the script in time. */
export function setupTimedOut({ server, event }: Pick<ClaimedJob, 'server' | 'event'>): JobEnd {
  return failedBy({
    code: 'setup_timeout',
    message: `“${server.name}” had not started the script after ${event.setupTimeoutSeconds} s, its limit for set-up. Look at the server’s health, or raise “setupTimeoutSeconds”.`,
  });
}

/** Why a server cannot run a job, as a check or a job found it. */
export type Outage = Pick<JobError, 'code' | 'message'>;

/** The server was known to be away, and the job was not tried there, or waits no more. */
export function failedBy({ code, message }: Outage): JobEnd {
  return { state: 'failed', error: { code, message, platform: true } };
}

export function waitedInVain({ code, message }: Outage): JobEnd {
  return failedBy({ code, message: `${message} The job has waited for the server as long as it may.` });
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

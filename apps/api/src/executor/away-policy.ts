import { outageCodes } from '@cronium/execution';

import type { ClaimedJob } from '../executions/job-store';

type Concerned = Pick<ClaimedJob, 'hasNextServer'> & {
  readonly server: Pick<ClaimedJob['server'], 'type' | 'whenUnhealthy' | 'fault'>;
};

/**
 * Whether a job waits for its server to be back, rather than fails, when it is away for this reason. Only an outage ends by itself; and
 * where there is another server to go on to, that is quicker than to wait.
 */
export function waitsFor({ server, hasNextServer }: Concerned, code: string): boolean {
  return server.whenUnhealthy === 'wait' && outageCodes.includes(code) && !hasNextServer;
}

/**
 * Whether a job that does not wait is not even tried: a host that has just failed would keep each job for a connect timeout. An engine
 * that is stopped refuses at once, and a job that tries finds it back the moment it is.
 */
export function isNotTried({ server }: Concerned): boolean {
  return server.type === 'ssh' && server.fault?.isFresh === true;
}

/**
 * Whether other jobs are to hear of an outage that a job found. With `fail` the bad luck of one is not to fail the others, unless a check has
 * found the same.
 */
export function isMadeKnown({ server }: Concerned, code: string): boolean {
  return outageCodes.includes(code) && (server.whenUnhealthy === 'wait' || server.fault !== null);
}

import type { HealthStatus } from '@cronium/server-types';

import { deferred } from '../deferred';
import { ExecutionError } from '../execution-error';
import type { SshGround } from './ssh-ground';
import { hostUnreachable } from './ssh-errors';
import type { SshServer } from './ssh-server';

/** A host that takes longer cannot be worked with. */
const CHECK_MS = 30_000;

/** Does all that a job needs before its script: signs in, verifies or places the runner, starts python3. Never rejects. */
export async function checkHealth(server: SshServer, ground: SshGround): Promise<HealthStatus> {
  const began = performance.now();
  const status = (facts: Pick<HealthStatus, 'reason' | 'notice'>): HealthStatus => ({
    healthy: facts.reason === undefined,
    checkedAt: new Date().toISOString(),
    latencyMs: performance.now() - began,
    ...facts,
  });
  const deadline = deferred<never>();
  const timer = setTimeout(() => {
    deadline.reject(hostUnreachable(server.sshConfig, `A check did not end within ${CHECK_MS / 1000} s.`));
  }, CHECK_MS);
  try {
    const start = await Promise.race([ground.check(), deadline.promise]);
    return start.kind === 'no_python'
      ? status({ reason: undefined, notice: withoutPythonNotice(start.reason) })
      : status({ reason: undefined });
  } catch (cause) {
    const { code, message } =
      cause instanceof ExecutionError
        ? cause
        : new ExecutionError('internal_error', cause instanceof Error ? cause.message : String(cause));
    return status({ reason: { code, message } });
  } finally {
    clearTimeout(timer);
  }
}

export const withoutPythonNotice = (reason: string): string =>
  `${reason} Only bash scripts run there, without helpers, and limits other than time and output are not enforced. Install python3 for the rest.`;

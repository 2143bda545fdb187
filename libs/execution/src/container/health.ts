import type { HealthStatus } from '@cronium/server-types';

import { deferred } from '../deferred';
import { ExecutionError } from '../execution-error';
import { engineError } from './engine-errors';

const CHECK_MS = 5_000;

/** Asks whether a job could run now; never rejects. */
export async function checkHealth(check: () => Promise<void>): Promise<HealthStatus> {
  const began = performance.now();
  const status = (reason?: HealthStatus['reason']): HealthStatus => ({
    healthy: reason === undefined,
    checkedAt: new Date().toISOString(),
    latencyMs: performance.now() - began,
    reason,
  });
  const deadline = deferred<never>();
  const timer = setTimeout(() => {
    deadline.reject(
      new ExecutionError(
        'engine_unavailable',
        `The Docker engine did not answer within ${CHECK_MS / 1000} s.`,
      ),
    );
  }, CHECK_MS);
  try {
    await Promise.race([check(), deadline.promise]);
    return status();
  } catch (cause) {
    const { code, message } = engineError(cause, 'a health check');
    return status({ code, message });
  } finally {
    clearTimeout(timer);
  }
}

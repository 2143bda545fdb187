import type { HealthStatus } from '@cronium/server-types';
import type Docker from 'dockerode';

import { deferred } from '../deferred';
import { ExecutionError } from '../execution-error';
import { engineError } from './engine-errors';

const CHECK_MS = 5_000;

/** Asks the engine, and then whether a job could run on it; never rejects. */
export async function checkHealth(docker: Docker, check: () => Promise<void>): Promise<HealthStatus> {
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
    await Promise.race([docker.ping().then(check), deadline.promise]);
    return status();
  } catch (cause) {
    const { code, message } = engineError(cause, 'a health check');
    return status({ code, message });
  } finally {
    clearTimeout(timer);
  }
}

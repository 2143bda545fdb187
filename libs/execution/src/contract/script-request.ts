import { defaultResourceLimits } from '@cronium/server-types';
import { randomUUID } from 'node:crypto';

import type { ScriptExecutionRequest } from '../port';

/** For tests: a bash script with the usual limits. */
export function scriptRequest(
  script: string,
  changes: Partial<ScriptExecutionRequest> = {},
): ScriptExecutionRequest {
  return {
    jobId: randomUUID(),
    language: 'bash',
    script,
    environment: {},
    input: null,
    event: {},
    limits: defaultResourceLimits,
    timeoutSeconds: 60,
    killGraceSeconds: 2,
    ...changes,
  };
}

export const never = new AbortController().signal;

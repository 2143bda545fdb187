import type { FailureGroup } from '@cronium/contracts';

import { errorHeading } from '../../shared/state/ends';

/** What made the executions of a group fail, in a few words. */
export function causeWords({ code, message, exitCode, signal, state }: FailureGroup): string {
  if (code !== null) return errorHeading({ code, message: message ?? '', platform: true });
  if (signal !== null) return `Ended by ${signal}`;
  if (exitCode !== null) return `exit ${exitCode}`;
  return state === 'lost' ? 'Its end is not known' : 'No cause is recorded';
}

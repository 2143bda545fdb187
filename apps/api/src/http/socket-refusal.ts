import type { RealtimeAnswer } from '@cronium/contracts';
import type { Logger } from '@nestjs/common';
import * as z from 'zod';

import { DomainError } from './domain-error';

/** What a request on a socket is answered when it failed: as the exception filter does it for HTTP. */
export function refusalOf(error: unknown, logger: Logger): Extract<RealtimeAnswer, { ok: false }> {
  if (error instanceof DomainError) return { ok: false, code: error.code, message: error.message };
  if (error instanceof z.ZodError) {
    return { ok: false, code: 'validation_failed', message: z.prettifyError(error) };
  }
  logger.error({ err: error }, 'A request on a socket failed unexpectedly.');
  return { ok: false, code: 'internal_error', message: 'The server met an unexpected error.' };
}

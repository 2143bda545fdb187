import * as z from 'zod';

import { wholeNumber } from './queue';

/** Bounds of a retry policy, for forms and documentation. */
export const retryBounds = {
  limit: { min: 0, max: 20 },
  delaySeconds: { min: 0, max: 86_400, default: 10 },
  maxDelaySeconds: { min: 1, max: 86_400, default: 3600 },
  exitCode: { min: 1, max: 255 },
  exitCodes: 50,
} as const;

/** How an attempt may have ended that is followed by another. */
export const retryCauseSchema = z
  .enum(['exit_code', 'signal', 'limit', 'timeout', 'lost', 'platform_error'])
  .describe(
    '`exit_code`: another than 0, see `exitCodes`. `signal`: a signal ended the script. `limit`: memory, processes, disk or output ran out. `timeout`: it ran too long. `lost`: nobody knows how it ended, and it may have done all of its work. `platform_error`: Cronium or the server failed.',
  )
  .meta({ id: 'RetryCause' });
export type RetryCause = z.infer<typeof retryCauseSchema>;

/** What becomes of a job that did not succeed. Each attempt is a job of its own, with its own log. */
export const retrySchema = z
  .strictObject({
    limit: z
      .int(wholeNumber(retryBounds.limit))
      .min(retryBounds.limit.min)
      .max(retryBounds.limit.max)
      .default(0)
      .describe('Attempts after the first one; 0 makes none.'),
    backoff: z
      .enum(['fixed', 'exponential'])
      .default('fixed')
      .describe('Whether every pause is as long, or each twice as long as the one before.'),
    delaySeconds: z
      .int(wholeNumber(retryBounds.delaySeconds))
      .min(retryBounds.delaySeconds.min)
      .max(retryBounds.delaySeconds.max)
      .default(retryBounds.delaySeconds.default)
      .describe('The first pause, from the end of an attempt, in seconds.'),
    maxDelaySeconds: z
      .int(wholeNumber(retryBounds.maxDelaySeconds))
      .min(retryBounds.maxDelaySeconds.min)
      .max(retryBounds.maxDelaySeconds.max)
      .default(retryBounds.maxDelaySeconds.default)
      .describe('No pause is longer, in seconds.'),
    jitter: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe(
        'Part of the pause that is random, so that jobs which failed together do not return together.',
      ),
    on: z
      .array(retryCauseSchema)
      .max(retryCauseSchema.options.length)
      .refine((causes) => new Set(causes).size === causes.length, 'Name each cause once.')
      .default(['exit_code', 'signal', 'limit', 'timeout', 'platform_error'])
      .describe('Ends that are followed by another attempt. A job that was cancelled is never repeated.'),
    exitCodes: z
      .array(
        z.int(wholeNumber(retryBounds.exitCode)).min(retryBounds.exitCode.min).max(retryBounds.exitCode.max),
      )
      .max(retryBounds.exitCodes)
      .nullable()
      .default(null)
      .describe('Only these exit codes, with the cause `exit_code`; null for any.'),
  })
  .meta({ id: 'Retry' });
export type Retry = z.infer<typeof retrySchema>;
export type RetryInput = z.input<typeof retrySchema>;

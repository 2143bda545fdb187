import * as z from 'zod';

/** What becomes of jobs for a server that is away. */
export const whenUnhealthySchema = z
  .enum(['fail', 'wait'])
  .describe(
    'What becomes of jobs while the server is away. `fail`: they end with the error of its last check. `wait`: they stay `queued` until it is back, for `waitMinutes` at most. Whatever does not mend itself, like a changed host key, fails them at once.',
  )
  .meta({ id: 'WhenUnhealthy' });
export type WhenUnhealthy = z.infer<typeof whenUnhealthySchema>;

export const maxWaitMinutes = 24 * 60;

/** A day is the most: what comes later than that is rarely wanted still, and a schedule would pile up until then. */
export const waitMinutesSchema = z
  .int('Give whole minutes.')
  .min(1, 'A job waits a minute at least; choose “fail” if it is not to wait.')
  .max(maxWaitMinutes, `A job waits a day at most, ${maxWaitMinutes} minutes.`)
  .describe('How long a job waits for the server in all, in minutes, when `whenUnhealthy` is `wait`.');

/** A host that restarts is back by then. */
export const defaultWaitMinutes = 10;

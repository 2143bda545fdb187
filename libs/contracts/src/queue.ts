import * as z from 'zod';

/** Bounds of what waits and runs, for forms and documentation. */
export const queueBounds = {
  concurrentExecutions: { min: 1, max: 1000 },
  queuedExecutions: { min: 1, max: 10_000, default: 100 },
  queuedJobs: { min: 1, max: 100_000, default: 1000 },
  jobsOfUser: { min: 1, max: 10_000 },
} as const;

/** What is said of a number that is none, or out of its bounds. */
export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): string {
  return `Give a whole number from ${min} to ${max}.`;
}

/** What becomes of an execution that is triggered while as many of its event are under way as may be. */
export const overlapPolicySchema = z
  .enum(['allow', 'skip', 'queue', 'replace'])
  .describe(
    'While as many executions as `maxConcurrentExecutions` allows are under way. `allow`: the next waits for its turn; without a maximum all run beside each other. `queue`: it waits, with at most `maxQueuedExecutions` others; one more is refused. `skip`: it is recorded as skipped. `replace`: the oldest are cancelled, and it starts when they have ended. For the last three the maximum is 1 unless it is given.',
  )
  .meta({ id: 'OverlapPolicy' });
export type OverlapPolicy = z.infer<typeof overlapPolicySchema>;

/** Which job of an owner is admitted first. */
export const prioritySchema = z
  .enum(['low', 'normal', 'high'])
  .describe(
    'Which of its owner’s jobs that wait for the same server goes first. Between owners places are shared evenly, whatever their priorities.',
  )
  .meta({ id: 'Priority' });
export type Priority = z.infer<typeof prioritySchema>;

export const maxConcurrentExecutionsSchema = z
  .int(wholeNumber(queueBounds.concurrentExecutions))
  .min(queueBounds.concurrentExecutions.min)
  .max(queueBounds.concurrentExecutions.max)
  .nullable()
  .describe('Executions of the event under way at one time; null sets no maximum.');

export const maxQueuedExecutionsSchema = z
  .int(wholeNumber(queueBounds.queuedExecutions))
  .min(queueBounds.queuedExecutions.min)
  .max(queueBounds.queuedExecutions.max)
  .describe('With `overlapPolicy: queue`: executions that wait at one time.');

export const maxQueuedJobsSchema = z
  .int(wholeNumber(queueBounds.queuedJobs))
  .min(queueBounds.queuedJobs.min)
  .max(queueBounds.queuedJobs.max)
  .describe('Jobs that wait for the server at one time before `whenQueueFull` decides.');

export const whenQueueFullSchema = z
  .enum(['refuse', 'wait'])
  .describe(
    'What becomes of an execution when `maxQueuedJobs` wait already. `refuse`: it is refused with 429 and the code `queue_full`, or recorded as skipped when a schedule meant it. `wait`: it waits all the same.',
  )
  .meta({ id: 'WhenQueueFull' });
export type WhenQueueFull = z.infer<typeof whenQueueFullSchema>;

/** What a queued job waits for while its server is well. */
export const queueReasonSchema = z
  .enum(['server_busy', 'server_short', 'event_busy', 'owner_busy', 'worker_busy', 'delayed'])
  .describe(
    '`server_busy`: every place of its server is taken, or others are before it. `server_short`: its server’s machine has too little memory or disk left for more. `event_busy`: as many executions of its event are under way as may be. `owner_busy`: its owner has as many jobs as one may. `worker_busy`: it has a place, and is started by the next worker that is free. `delayed`: it is not to start before `notBefore`.',
  )
  .meta({ id: 'QueueReason' });
export type QueueReason = z.infer<typeof queueReasonSchema>;

/** Where a queued job stands. */
export const queueTurnSchema = z
  .strictObject({
    reason: queueReasonSchema,
    message: z.string().describe('The reason, for a person.'),
    position: z
      .int()
      .min(1)
      .nullable()
      .describe(
        'Its turn on its server, 1 is next; others may come before it. Null when it has a place, or is not to start yet.',
      ),
    expectedWaitSeconds: z
      .number()
      .min(0)
      .nullable()
      .describe(
        'By its position and what the last 50 jobs of the server took, in seconds; null when nothing is known.',
      ),
    notBefore: z.iso.datetime().nullable().describe('Present with `delayed`.'),
  })
  .meta({ id: 'QueueTurn' });
export type QueueTurn = z.infer<typeof queueTurnSchema>;

import * as z from 'zod';

import { jobSchema } from './execution';
import { idSchema, pageOf, pageQuerySchema } from './page';
import { prioritySchema } from './queue';

/** A job that waits, in `GET /api/queue`. */
export const queuedJobSchema = z
  .strictObject({
    id: idSchema,
    executionId: idSchema,
    eventId: idSchema.nullable(),
    eventName: z.string(),
    owner: z.strictObject({ id: idSchema, name: z.string() }).describe('Of the execution.'),
    server: z.strictObject({ id: idSchema, name: z.string() }),
    attempt: z.int().min(1),
    priority: prioritySchema.nullable().describe('Null when the execution has begun: it goes first.'),
    queuedAt: z.iso.datetime(),
    queue: jobSchema.shape.queue,
    waitingFor: jobSchema.shape.waitingFor,
  })
  .meta({ id: 'QueuedJob' });
export type QueuedJob = z.infer<typeof queuedJobSchema>;

/** Query of `GET /api/queue`, the longest queued first. */
export const queueQuerySchema = pageQuerySchema.extend({
  serverId: idSchema.optional(),
  eventId: idSchema.optional(),
});
export type QueueQuery = z.infer<typeof queueQuerySchema>;

export const queuePageSchema = pageOf(queuedJobSchema, 'QueuePage');

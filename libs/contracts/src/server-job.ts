import * as z from 'zod';

import { jobSchema } from './execution';
import { idSchema } from './page';

/** A job that runs on a server, or is to run there: what whoever manages the server may know of others’ jobs. */
export const serverJobSchema = z
  .strictObject({
    id: idSchema,
    executionId: idSchema,
    eventName: z.string(),
    owner: z.strictObject({ id: idSchema, name: z.string() }).describe('Of the execution.'),
    state: jobSchema.shape.state.extract(['queued', 'starting', 'running']),
    queuedAt: jobSchema.shape.queuedAt,
    startedAt: jobSchema.shape.startedAt,
    waitingFor: jobSchema.shape.waitingFor,
  })
  .meta({ id: 'ServerJob' });
export type ServerJob = z.infer<typeof serverJobSchema>;

export const maxServerJobs = 100;

/** Answer of `GET /api/servers/:id/jobs`: running ones first, then those that are queued, the oldest first. */
export const serverJobsSchema = z
  .strictObject({
    count: z.int().min(0).describe(`How many there are; the first ${maxServerJobs} are in \`items\`.`),
    items: z.array(serverJobSchema).max(maxServerJobs),
  })
  .meta({ id: 'ServerJobs' });
export type ServerJobs = z.infer<typeof serverJobsSchema>;

import * as z from 'zod';

import { jobEnforcementSchema } from './enforcement';

export const maxUsageSamples = 1000;

/** Query of `GET /api/jobs/:id/usage`. */
export const jobUsageQuerySchema = z.strictObject({
  samples: z.coerce
    .number()
    .int()
    .min(10)
    .max(maxUsageSamples)
    .default(300)
    .describe('Samples at most. A job that has more is told in equal stretches of time.'),
});
export type JobUsageQuery = z.infer<typeof jobUsageQuerySchema>;

/** What a job used in one stretch of time. */
export const jobUsageSampleSchema = z
  .strictObject({
    at: z.iso.datetime().describe('When the stretch begins.'),
    cpuPercent: z.number().min(0).describe('Of one core, on average: two busy cores are 200.'),
    memoryBytes: z.int().min(0).describe('At most, of its processes, without files.'),
    diskBytes: z.int().min(0).describe('At most, in its workspace.'),
  })
  .meta({ id: 'JobUsageSample' });
export type JobUsageSample = z.infer<typeof jobUsageSampleSchema>;

export const jobUsageSeriesSchema = z
  .strictObject({
    everySeconds: z.int().min(1).describe('Length of a stretch: 1 is as it was measured.'),
    samples: z
      .array(jobUsageSampleSchema)
      .max(maxUsageSamples)
      .describe(
        'By time. Empty for a job of less than a second, one that did not start, and where the host has no python3.',
      ),
    enforcement: z
      .array(jobEnforcementSchema)
      .max(20)
      .describe('Limits that it came near, or was ended at, by time.'),
  })
  .meta({ id: 'JobUsageSeries' });
export type JobUsageSeries = z.infer<typeof jobUsageSeriesSchema>;

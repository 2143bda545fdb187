import * as z from 'zod';

/** Jobs that advice is drawn from: the last of the event. */
export const advisedJobs = 100;

const figure = z
  .strictObject({
    most: z.number().min(0).describe('What a job used at most; bytes, or seconds for the time.'),
    typical: z.number().min(0).describe('What 95 % of the jobs stayed below.'),
    endedAtLimit: z.int().min(0).describe('Jobs that were ended at this limit: they would have used more.'),
    suggested: z.int().min(1).describe('As the event’s limit: MiB, or seconds for the time.'),
  })
  .meta({ id: 'LimitAdvice' });
export type LimitAdvice = z.infer<typeof figure>;

/** Answer of `GET /api/events/:id/limits/advice`: what the limits should be, from what its jobs used. */
export const limitsAdviceSchema = z
  .strictObject({
    jobs: z.int().min(0).max(advisedJobs).describe('That were measured; with none there is no advice.'),
    memoryMb: figure.nullable(),
    diskMb: figure.nullable().describe('Of jobs of a second and more.'),
    outputMb: figure.nullable(),
    timeoutSeconds: figure.nullable(),
  })
  .meta({ id: 'LimitsAdvice' });
export type LimitsAdvice = z.infer<typeof limitsAdviceSchema>;

import * as z from 'zod';

/** Whether a server can take a job now. A server that cannot says why, with a code that programs may rely on. */
export const healthStatusSchema = z
  .strictObject({
    healthy: z.boolean(),
    checkedAt: z.iso.datetime().describe('When the check ended.'),
    latencyMs: z.number().min(0).describe('How long the check took, in milliseconds.'),
    reason: z
      .strictObject({
        code: z.string().describe('Stable code, for example `engine_unavailable` or `image_missing`.'),
        message: z.string().describe('The cause and the remedy, for a person.'),
      })
      .optional()
      .describe('Present exactly when the server is not healthy.'),
    notice: z
      .string()
      .optional()
      .describe('What a healthy server cannot do, for a person: for example that it has no python3.'),
  })
  .meta({ id: 'HealthStatus' });
export type HealthStatus = z.infer<typeof healthStatusSchema>;

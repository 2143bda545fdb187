import * as z from 'zod';

/** A machine has too little left: nothing more is admitted there until it has a tenth more than its floor again. */
export const hostPressureSchema = z
  .strictObject({
    resource: z.enum(['memory', 'disk']),
    availableBytes: z.int().min(0).describe('What was left when it was looked at last.'),
    floorBytes: z.int().min(0),
    since: z.iso.datetime(),
  })
  .meta({ id: 'HostPressure' });
export type HostPressure = z.infer<typeof hostPressureSchema>;

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
    pressure: hostPressureSchema
      .optional()
      .describe(
        'Present while a healthy container server admits nothing, since its machine has too little left.',
      ),
  })
  .meta({ id: 'HealthStatus' });
export type HealthStatus = z.infer<typeof healthStatusSchema>;

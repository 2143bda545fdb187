import * as z from 'zod';

/** Answer of `GET /api/health/live`: the process runs. */
export const livenessSchema = z
  .strictObject({ status: z.literal('ok'), version: z.string() })
  .meta({ id: 'Liveness' });
export type Liveness = z.infer<typeof livenessSchema>;

const checkSchema = z.strictObject({ status: z.enum(['up', 'down']), reason: z.string().optional() });

/**
 * Answer of `GET /api/health/ready`, 200 when requests can be served and 503 otherwise. Local Execution does not decide it: without
 * Docker the product still serves, and says so here.
 */
export const readinessSchema = z
  .strictObject({
    status: z.enum(['ok', 'unavailable']),
    checks: z.strictObject({ database: checkSchema, queue: checkSchema, localExecution: checkSchema }),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof readinessSchema>;

import * as z from 'zod';

import { idSchema, pageOf, pageQuerySchema } from './page';

export const enforcementKindSchema = z
  .enum(['warned', 'ended', 'swept', 'admission_stopped', 'admission_resumed'])
  .describe(
    '`warned`: a job has passed 80 % of a limit. `ended`: a job was ended at a limit. `swept`: sandboxes that belonged to no job, or workspaces that killed runners have left, were removed. `admission_stopped`, `admission_resumed`: a machine had too little left for more jobs, and has enough again.',
  )
  .meta({ id: 'EnforcementKind' });
export type EnforcementKind = z.infer<typeof enforcementKindSchema>;

export const enforcedResourceSchema = z
  .enum(['memory', 'disk', 'output', 'processes', 'time', 'sandboxes', 'workspaces'])
  .describe(
    'Figures of `memory`, `disk` and `output` are bytes, of `time` seconds, of `processes`, `sandboxes` and `workspaces` counts.',
  )
  .meta({ id: 'EnforcedResource' });
export type EnforcedResource = z.infer<typeof enforcedResourceSchema>;

/** What was done because of a limit, with the figures that led to it. */
export const enforcementActionSchema = z
  .strictObject({
    id: idSchema,
    at: z.iso.datetime(),
    kind: enforcementKindSchema,
    resource: enforcedResourceSchema,
    used: z.int().min(0).describe('What was used; where admission stopped or resumed, what was left.'),
    bound: z
      .int()
      .min(0)
      .nullable()
      .describe('The limit; where admission stopped or resumed, the floor. Null where there is none.'),
    server: z
      .strictObject({ id: idSchema, name: z.string() })
      .nullable()
      .describe('Null when it was deleted.'),
    job: z
      .strictObject({ id: idSchema, executionId: idSchema, eventName: z.string() })
      .nullable()
      .describe('Null where it concerns no single job.'),
  })
  .meta({ id: 'EnforcementAction' });
export type EnforcementAction = z.infer<typeof enforcementActionSchema>;

export const enforcementActionPageSchema = pageOf(enforcementActionSchema, 'EnforcementActionPage');

/** Query of `GET /api/monitoring/actions`. */
export const enforcementQuerySchema = pageQuerySchema.extend({
  serverId: idSchema.optional(),
  jobId: idSchema.optional(),
  kind: enforcementKindSchema.optional(),
});
export type EnforcementQuery = z.infer<typeof enforcementQuerySchema>;

/** A limit that a job has come near, or was ended at. */
export const jobEnforcementSchema = enforcementActionSchema
  .pick({ at: true, kind: true, resource: true, used: true, bound: true })
  .meta({ id: 'JobEnforcement' });
export type JobEnforcement = z.infer<typeof jobEnforcementSchema>;

import {
  containerConfigSchema,
  healthStatusSchema,
  resourceLimitsSchema,
  serverTypeSchema,
  warmPoolSchema,
} from '@cronium/server-types';
import * as z from 'zod';

import { idSchema, pageOf } from './page';

/** A server the caller may use. */
export const serverSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    type: serverTypeSchema,
    isSystemManaged: z
      .boolean()
      .describe('Comes with the product, has no owner, and cannot be deleted or renamed.'),
    containerConfig: containerConfigSchema.nullable().describe('Present for type `container`.'),
    health: healthStatusSchema.nullable().describe('Last known health; null when it was never checked.'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Server' });
export type Server = z.infer<typeof serverSchema>;

export const serverPageSchema = pageOf(serverSchema, 'ServerPage');

/** What an administrator may change of a container server. Each part that is left out stays; so does each figure in `resourceLimits` and `pool`. */
export const updateServerSchema = z
  .strictObject({
    containerConfig: z
      .strictObject({
        isolation: containerConfigSchema.shape.isolation.unwrap(),
        resourceLimits: resourceLimitsSchema.partial(),
        pool: z
          .strictObject({
            size: warmPoolSchema.shape.size.unwrap(),
            refillConcurrency: warmPoolSchema.shape.refillConcurrency.unwrap(),
          })
          .partial(),
        maxConcurrentJobs: containerConfigSchema.shape.maxConcurrentJobs.unwrap(),
      })
      .partial(),
  })
  .meta({ id: 'UpdateServer' });
export type UpdateServer = z.infer<typeof updateServerSchema>;

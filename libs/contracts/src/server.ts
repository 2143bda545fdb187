import {
  containerConfigSchema,
  healthStatusSchema,
  resourceLimitsSchema,
  serverTypeSchema,
} from '@cronium/server-types';
import * as z from 'zod';

import { idSchema, pageOf, pageQuerySchema } from './page';
import { maxQueuedJobsSchema, whenQueueFullSchema } from './queue';
import { containerConfigChangeSchema, serverBrokerSchema, updateBrokerSchema } from './server-broker';
import { serverConnectionSchema, updateServerFields, updateSshSchema } from './server-connection';
import { shareLevelSchema } from './server-share';
import { waitMinutesSchema, whenUnhealthySchema } from './when-unhealthy';

/** A server the caller may see. */
export const serverSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    description: z.string(),
    tags: z.array(z.string()),
    type: serverTypeSchema,
    isSystemManaged: z
      .boolean()
      .describe('Comes with the product, has no owner, and cannot be deleted or renamed.'),
    owner: z
      .strictObject({ id: idSchema, name: z.string() })
      .nullable()
      .describe('Null for a system-managed server.'),
    access: shareLevelSchema.describe('What the caller may do with it.'),
    limits: resourceLimitsSchema.describe('Limits a job, which an event may only tighten.'),
    maxConcurrentJobs: z.int().describe('Jobs it runs at one time.'),
    maxQueuedJobs: maxQueuedJobsSchema,
    whenQueueFull: whenQueueFullSchema,
    load: z
      .strictObject({
        active: z.int().min(0).describe('Starting or running.'),
        queued: z.int().min(0).describe('Waiting for their turn, or for the server to be back.'),
        waiting: z.int().min(0).describe('Those of the queued that wait for the server to be back.'),
      })
      .describe('Jobs of everybody.'),
    whenUnhealthy: whenUnhealthySchema,
    waitMinutes: waitMinutesSchema,
    containerConfig: containerConfigSchema.nullable().describe('Present for type `container`.'),
    broker: serverBrokerSchema
      .nullable()
      .describe('Present for containers on another machine, and only for those who may manage the server.'),
    connection: serverConnectionSchema
      .nullable()
      .describe('Present for type `ssh`, and only for those who may manage it.'),
    health: healthStatusSchema.nullable().describe('Last known health; null when it was never checked.'),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Server' });
export type Server = z.infer<typeof serverSchema>;

export const serverPageSchema = pageOf(serverSchema, 'ServerPage');

/** Query of `GET /api/servers`. */
export const serverQuerySchema = pageQuerySchema.extend({
  scope: z
    .enum(['usable', 'all'])
    .default('usable')
    .describe(
      '`usable`: own, shared, and Local Execution if it is allowed. `all`: everyone’s, for administrators.',
    ),
  tag: z.string().max(50).optional(),
});
export type ServerQuery = z.infer<typeof serverQuerySchema>;

/** Query of `DELETE /api/servers/:id`. */
export const deleteServerQuerySchema = z.strictObject({
  confirm: z
    .stringbool()
    .default(false)
    .describe('A server that events run on is deleted only with `true`; without it, 409 names the events.'),
});
export type DeleteServerQuery = z.infer<typeof deleteServerQuerySchema>;

/**
 * Body of `PATCH /api/servers/:id`: what is left out stays; so does each figure in `resourceLimits` and `pool`. `ssh` is for ssh servers,
 * `containerConfig` for container servers and administrators, `broker` for those of them that are on other machines.
 */
export const updateServerSchema = z
  .strictObject({
    ...updateServerFields,
    ssh: updateSshSchema.optional(),
    containerConfig: containerConfigChangeSchema.optional(),
    broker: updateBrokerSchema.optional(),
  })
  .refine(({ ssh, broker }) => ssh === undefined || broker === undefined, {
    path: ['broker'],
    error: 'An ssh server has no broker. Give `ssh` or `broker`, one of the two.',
  })
  .meta({ id: 'UpdateServer' });
export type UpdateServer = z.infer<typeof updateServerSchema>;

import * as z from 'zod';

import { defaultResourceLimits, resourceLimitsSchema } from './resource-limits';

/**
 * How a container server keeps jobs apart. `job`: one hardened single-use container a job. `namespace`: namespaces of its own for each job,
 * within one long-lived container. `shared`: a process in one long-lived container.
 */
export const isolationSchema = z.enum(['job', 'namespace', 'shared']).meta({ id: 'Isolation' });
export type Isolation = z.infer<typeof isolationSchema>;

/** Sandboxes started ahead of need, with their runner waiting for a job. */
export const warmPoolSchema = z
  .strictObject({
    size: z
      .int()
      .min(0)
      .max(64)
      .default(4)
      .describe('Sandboxes kept ready. 0 starts each one when it is needed.'),
    refillConcurrency: z
      .int()
      .min(1)
      .max(16)
      .default(2)
      .describe('Sandboxes started at the same time to refill the pool.'),
  })
  .meta({ id: 'WarmPool' });
export type WarmPool = z.infer<typeof warmPoolSchema>;

export const containerConfigSchema = z
  .strictObject({
    image: z
      .string()
      .min(1)
      .max(255)
      .default('cronium-executor:latest')
      .describe('Image with the runner inside.'),
    isolation: isolationSchema.default('job'),
    containerName: z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/)
      .default('cronium-executor')
      .describe(
        'The long-lived container that isolation `shared` runs in; that of isolation `namespace` has `-namespace` at its end.',
      ),
    resourceLimits: resourceLimitsSchema
      .default(defaultResourceLimits)
      .describe('Limits a job, which an event may only tighten.'),
    pool: warmPoolSchema.default({ size: 4, refillConcurrency: 2 }),
    maxConcurrentJobs: z.int().min(1).max(512).default(16).describe('Jobs this server runs at one time.'),
  })
  .meta({ id: 'ContainerConfig' });
export type ContainerConfig = z.infer<typeof containerConfigSchema>;

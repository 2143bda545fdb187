import * as z from 'zod';

import { defaultResourceLimits, resourceLimitsSchema } from './resource-limits';

/**
 * How a container server keeps jobs apart. `job`: one hardened single-use container a job. `namespace`: namespaces of its own for each job,
 * within one long-lived container. `shared`: a process in one long-lived container.
 */
export const isolationSchema = z.enum(['job', 'namespace', 'shared']).meta({ id: 'Isolation' });
export type Isolation = z.infer<typeof isolationSchema>;

/**
 * What the engine starts containers with. `runc`: the engine's own default, on the kernel of its machine. `runsc`: gVisor, where a script
 * meets a kernel in user space instead. The engine must know `runsc` by this name.
 */
export const containerRuntimeSchema = z.enum(['runc', 'runsc']).meta({ id: 'ContainerRuntime' });
export type ContainerRuntime = z.infer<typeof containerRuntimeSchema>;

/**
 * Why these two do not go together, with the remedy; undefined when they do. In gVisor the resident of `namespace` may not map
 * its job's user (`/proc/self/setgroups` is denied), and what an engine starts in a container that runs, as for `shared`, has no seccomp profile.
 */
export function runtimeConflict(config: {
  readonly isolation: Isolation;
  readonly runtime: ContainerRuntime;
}): string | undefined {
  return config.runtime === 'runsc' && config.isolation !== 'job'
    ? 'gVisor (runsc) goes with a container for each job only. Choose isolation “job”, or runtime “runc”.'
    : undefined;
}

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
    runtime: containerRuntimeSchema
      .default('runc')
      .describe(
        '`runc`: whatever the engine has as its default. `runsc`: gVisor, with isolation `job` only.',
      ),
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
  .superRefine((config, context) => {
    const message = runtimeConflict(config);
    if (message) context.addIssue({ code: 'custom', path: ['runtime'], message });
  })
  .meta({ id: 'ContainerConfig' });
export type ContainerConfig = z.infer<typeof containerConfigSchema>;

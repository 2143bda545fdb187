import * as z from 'zod';

/** What one job may use at most. */
export const resourceLimitsSchema = z
  .strictObject({
    cpu: z.number().min(0.05).max(128).describe('Processor time, in cores (0.5 is half of one core).'),
    memoryMb: z
      .int()
      .min(16)
      .max(1_048_576)
      .describe('Memory of the script and its children, in MiB, without swap.'),
    pids: z
      .int()
      .min(8)
      .max(32_768)
      .describe('Processes and threads at one time, the sandbox’s own included.'),
    diskMb: z.int().min(1).max(1_048_576).describe('Size of the writable workspace (a tmpfs), in MiB.'),
    outputMb: z
      .int()
      .min(1)
      .max(16_384)
      .describe('stdout and stderr together, in MiB. A job that writes more is ended.'),
  })
  .meta({ id: 'ResourceLimits' });
export type ResourceLimits = z.infer<typeof resourceLimitsSchema>;

/** Limits an event sets for itself; what it leaves out is the server's. */
export const resourceLimitOverridesSchema = resourceLimitsSchema
  .partial()
  .meta({ id: 'ResourceLimitOverrides' });
export type ResourceLimitOverrides = z.infer<typeof resourceLimitOverridesSchema>;

/** Sized so that dozens of jobs share a small machine; an administrator raises them per server. */
export const defaultResourceLimits: ResourceLimits = {
  cpu: 1,
  memoryMb: 512,
  pids: 128,
  diskMb: 256,
  outputMb: 64,
};

/**
 * The limits that hold for a job: for each figure the stricter of the server's and the event's.
 * An event can tighten what its server allows and never loosen it.
 */
export function strictestLimits(server: ResourceLimits, event: ResourceLimitOverrides): ResourceLimits {
  const stricter = (limit: keyof ResourceLimits) => Math.min(server[limit], event[limit] ?? server[limit]);
  return {
    cpu: stricter('cpu'),
    memoryMb: stricter('memoryMb'),
    pids: stricter('pids'),
    diskMb: stricter('diskMb'),
    outputMb: stricter('outputMb'),
  };
}

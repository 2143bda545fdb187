import * as z from 'zod';

const usedOfLimit = z.strictObject({ usedBytes: z.int().min(0), limitBytes: z.int().min(0) });

/** What a server uses now, summed over its jobs. */
export const resourceUsageSchema = z
  .strictObject({
    at: z.iso.datetime(),
    cpu: z.strictObject({
      usedPercent: z.number().min(0).describe('Of one core: two busy cores are 200.'),
      limitCores: z.number().min(0).describe('Cores of the machine that the server runs on.'),
    }),
    memory: usedOfLimit,
    disk: usedOfLimit,
    pool: z
      .strictObject({ ready: z.int().min(0), starting: z.int().min(0), inUse: z.int().min(0) })
      .optional()
      .describe('Sandboxes by state; only where the server keeps a warm pool.'),
    load: z
      .strictObject({
        oneMinute: z.number().min(0),
        fiveMinutes: z.number().min(0),
        fifteenMinutes: z.number().min(0),
      })
      .optional()
      .describe('Load averages of the machine, where it tells them.'),
    uptimeSeconds: z.int().min(0).optional().describe('Since the machine was started, where it tells it.'),
    host: z
      .strictObject({
        at: z.iso.datetime().describe('When its runner looked.'),
        memoryAvailableBytes: z.int().min(0),
        memoryTotalBytes: z.int().min(0),
        diskFreeBytes: z.int().min(0),
        diskTotalBytes: z.int().min(0).describe('Used and free, without what is kept for root.'),
        cpuPercent: z
          .number()
          .min(0)
          .optional()
          .describe('Used of its processors by whomever, of one core; where it counts that.'),
      })
      .optional()
      .describe(
        'What the machine has left, whoever uses the rest: memory, and the disk of the engine; only of container servers, and while there is a runner, or a shared container, to tell it.',
      ),
    activeJobs: z.int().min(0),
  })
  .meta({ id: 'ResourceUsage' });
export type ResourceUsage = z.infer<typeof resourceUsageSchema>;

/** What one job used, measured by the runner. */
export const jobUsageSchema = z
  .strictObject({
    wallMs: z
      .number()
      .min(0)
      .describe('From the start of the script to the end of its last process, in milliseconds.'),
    cpuUserMs: z.number().min(0).describe('User CPU time of the script and its children, in milliseconds.'),
    cpuSystemMs: z
      .number()
      .min(0)
      .describe('System CPU time of the script and its children, in milliseconds.'),
    peakMemoryBytes: z.int().min(0).describe('Highest memory use seen, in bytes.'),
    outputBytes: z.int().min(0).describe('stdout and stderr together, in bytes.'),
  })
  .meta({ id: 'JobUsage' });
export type JobUsage = z.infer<typeof jobUsageSchema>;

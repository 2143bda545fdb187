import { serverTypeSchema } from '@cronium/server-types';
import * as z from 'zod';

import { idSchema } from './page';

const usedOfLimit = z.strictObject({
  usedBytes: z.int().min(0),
  limitBytes: z.int().min(0).describe('0 when it is not known: nobody could ask the server.'),
});

export const maxMonitoredServers = 200;
export const maxMonitoredJobs = 1000;

/** A job that is starting or running. */
export const monitoredJobSchema = z
  .strictObject({
    jobId: idSchema,
    executionId: idSchema,
    eventName: z.string(),
    user: z.string().describe('Name of the event’s owner.'),
    startedAt: z.iso
      .datetime()
      .describe('When its script started; when a worker took it, while it is starting.'),
    cpuPercent: z
      .number()
      .min(0)
      .describe('Of one core, in its last second; 0 before the first and where nothing measures.'),
    memoryBytes: z.int().min(0).describe('Of its processes, without files.'),
  })
  .meta({ id: 'MonitoredJob' });
export type MonitoredJob = z.infer<typeof monitoredJobSchema>;

/** A server as it is now. */
export const monitoredServerSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    type: serverTypeSchema,
    healthy: z.boolean().describe('False also before its first check.'),
    reason: z.string().optional().describe('Why it is not healthy.'),
    cpu: z.strictObject({
      usedPercent: z
        .number()
        .min(0)
        .describe(
          'Of one core. Of a container server summed over its jobs; of an ssh server all that runs on the host.',
        ),
      limitCores: z.number().min(0).describe('Of the machine; 0 when it is not known.'),
    }),
    memory: usedOfLimit,
    disk: usedOfLimit,
    machine: z
      .strictObject({ cpuPercent: z.number().min(0), memory: usedOfLimit, disk: usedOfLimit })
      .optional()
      .describe('What all that runs on the machine uses; of container servers, where it tells.'),
    pool: z
      .strictObject({ ready: z.int().min(0), starting: z.int().min(0), inUse: z.int().min(0) })
      .optional()
      .describe('Sandboxes by state, of all workers; only where there is a warm pool.'),
    activeJobs: z.array(monitoredJobSchema).max(maxMonitoredJobs).describe('The oldest first.'),
    queued: z.int().min(0).describe('Jobs that wait for their turn, or for the server to be back.'),
  })
  .meta({ id: 'MonitoredServer' });
export type MonitoredServer = z.infer<typeof monitoredServerSchema>;

/** Answer of `GET /api/monitoring/execution`, and the message `health` on the socket. */
export const executionMonitorSchema = z
  .strictObject({
    at: z.iso.datetime(),
    servers: z
      .array(monitoredServerSchema)
      .max(maxMonitoredServers)
      .describe('Those that the product manages first, then those with jobs, then by name.'),
  })
  .meta({ id: 'ExecutionMonitor' });
export type ExecutionMonitor = z.infer<typeof executionMonitorSchema>;

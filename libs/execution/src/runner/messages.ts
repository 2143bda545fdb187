import { jobUsageSchema } from '@cronium/server-types';
import * as z from 'zod';

import { type Frame, ProtocolError } from './protocol';

/**
 * What the runner's machine has left, and how busy it is; the disk is the one that its jobs are on, of a sandbox the engine's. What is
 * optional an image made for an earlier version does not tell.
 */
export const hostRoomSchema = z.object({
  at: z.number(),
  memoryAvailableBytes: z.number(),
  memoryTotalBytes: z.number(),
  diskFreeBytes: z.number(),
  diskTotalBytes: z.number(),
  /** Since it was started, of all its processors. */
  busyTicks: z.number().optional(),
  allTicks: z.number().optional(),
  /** Of 1, 5 and 15 minutes. */
  load: z.tuple([z.number(), z.number(), z.number()]).optional(),
  uptimeSeconds: z.int().optional(),
});
export type HostRoom = z.infer<typeof hostRoomSchema>;

/** What a runner says of itself when a client comes. */
export const helloSchema = z.object({
  protocol: z.int(),
  runner: z.string(),
  state: z.enum(['waiting', 'running', 'ended']),
  jobId: z.string().nullable(),
  timeoutSeconds: z.number().nullable(),
  killGraceSeconds: z.number().nullable(),
  /** Null where the machine does not tell; absent from what stands in for a runner. */
  host: hostRoomSchema.nullish(),
});
export type RunnerHello = z.infer<typeof helloSchema>;

export const startedSchema = z.object({ at: z.number() });

export const requestSchema = z.object({
  id: z.int(),
  method: z.literal('output'),
  params: z.record(z.string(), z.unknown()),
});

/** What the script uses now; `cpuMs` from its start on, of all its processes. */
export const usageSchema = z.object({
  at: z.number(),
  cpuMs: z.number(),
  memoryBytes: z.number(),
  diskBytes: z.number(),
  outputBytes: z.number(),
  processes: z.number(),
});

const scriptEndSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('exit'), code: z.int() }),
  z.object({ kind: z.literal('signal'), signal: z.string() }),
  z.object({ kind: z.literal('out_of_memory') }),
  z.object({ kind: z.literal('process_limit') }),
  z.object({ kind: z.literal('disk_full') }),
  z.object({ kind: z.literal('output_limit') }),
  z.object({ kind: z.literal('timeout') }),
  z.object({ kind: z.literal('cancelled') }),
]);

export const endSchema = z.object({
  end: scriptEndSchema.optional(),
  error: z
    .object({
      code: z.enum(['interpreter_missing', 'sandbox_failed', 'server_disk_full', 'protocol_error']),
      message: z.string(),
    })
    .optional(),
  usage: jobUsageSchema,
  startedAt: z.number(),
  endedAt: z.number(),
});
export type RunnerEnd = z.infer<typeof endSchema>;

/** What `runner.py sweep` prints. */
export const leftoversSchema = z.object({ workspaces: z.int().min(0), bytes: z.int().min(0) });

/** The message in a frame. Throws `ProtocolError` when it is not what its type promises. */
export function decodeMessage<T>(schema: z.ZodType<T>, frame: Frame): T {
  try {
    return schema.parse(JSON.parse(frame.payload.toString('utf8')));
  } catch (cause) {
    throw new ProtocolError(`The runner sent a frame of type ${frame.type} that is not understood.`, {
      cause,
    });
  }
}

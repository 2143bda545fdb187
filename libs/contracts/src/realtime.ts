import * as z from 'zod';

import type { Alert } from './alert';
import type { Execution, ExecutionSummary, Job } from './execution';
import { idSchema } from './page';
import type { ExecutionMonitor } from './monitoring';
import { type LogEntry, logPlaceSchema } from './job-log';

/** How servers and jobs are, every two seconds; for administrators. Without asking they hear it every 16 seconds. */
const subscribeHealthSchema = z.strictObject({ health: z.literal(true) });

/** What a client asks for on the socket. `after` is the last log entry it has, a job; absent is from the start. */
export const subscribeExecutionSchema = z.strictObject({
  execution: idSchema,
  after: z.record(idSchema, logPlaceSchema).default({}),
});
export type SubscribeExecution = z.input<typeof subscribeExecutionSchema>;

export const subscribeSchema = z.union([subscribeHealthSchema, subscribeExecutionSchema]);
export type SubscribeRequest = z.input<typeof subscribeSchema>;

export const unsubscribeSchema = z.union([subscribeHealthSchema, z.strictObject({ execution: idSchema })]);
export type UnsubscribeRequest = z.infer<typeof unsubscribeSchema>;

/** Answer of a request on the socket. */
export type RealtimeAnswer = { ok: true } | { ok: false; code: string; message: string };

/** Entries of one job, contiguous, and contiguous with the ones before on the same subscription. */
export interface LogMessage {
  executionId: string;
  jobId: string;
  entries: LogEntry[];
}

/** Client to server. The access token is in the handshake: `auth: { token }`. */
export interface ClientToServerEvents {
  subscribe: (request: SubscribeRequest, answer: (answer: RealtimeAnswer) => void) => void;
  unsubscribe: (request: UnsubscribeRequest, answer: (answer: RealtimeAnswer) => void) => void;
}

export interface JobMessage {
  executionId: string;
  job: Job;
}

/** Server to client. */
export interface ServerToClientEvents {
  /** Acknowledged by the client when it is shown: the server does not send the next before (flow control). */
  log: (message: LogMessage, shown: () => void) => void;
  /** To subscribers of the execution. */
  'job.started': (message: JobMessage) => void;
  'job.finished': (message: JobMessage) => void;
  /** To subscribers of the execution: its whole state, first in answer to `subscribe`, then at every change. */
  'execution.updated': (execution: Execution) => void;
  'execution.finished': (execution: Execution) => void;
  /** To administrators: as `GET /api/monitoring/execution`. */
  health: (monitor: ExecutionMonitor) => void;
  /** To everyone who may see it, without a subscription: for lists. */
  'execution.listed': (execution: ExecutionSummary) => void;
  /** To everyone who may see it: it was opened, has changed, or is over. */
  'alert.changed': (alert: Alert) => void;
}

import { jobUsageSchema, serverTypeSchema } from '@cronium/server-types';
import * as z from 'zod';

import { eventTypeSchema } from './event';
import { idSchema, pageOf, pageQuerySchema } from './page';

export const jobStateSchema = z
  .enum(['queued', 'starting', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'skipped'])
  .meta({ id: 'JobState' });
export type JobState = z.infer<typeof jobStateSchema>;

/** As a job’s, and `partial` when several servers ended differently. */
export const executionStateSchema = z
  .enum([...jobStateSchema.options, 'partial'])
  .meta({ id: 'ExecutionState' });
export type ExecutionState = z.infer<typeof executionStateSchema>;

const activeStates: readonly string[] = ['queued', 'starting', 'running'];

/** Whether a job or execution may still change. */
export function isActive(state: ExecutionState): boolean {
  return activeStates.includes(state);
}

/** What set an execution off. */
export const triggerSchema = z.enum(['manual', 'api']).meta({ id: 'Trigger' });
export type Trigger = z.infer<typeof triggerSchema>;

/** Why a job did not simply end with an exit code or a signal. */
export const jobErrorSchema = z
  .strictObject({
    code: z
      .string()
      .describe(
        'Ends by a limit: `out_of_memory`, `process_limit`, `disk_full`, `output_limit`, `timeout`. Platform failures: `engine_unavailable`, `image_missing`, `server_disk_full`, `sandbox_failed`, `container_unavailable`, `interpreter_missing`, `protocol_error`, `script_lost`, `internal_error`.',
      ),
    message: z.string().describe('Cause and remedy, for a person.'),
    platform: z.boolean().describe('True when the platform failed, false when a limit ended the script.'),
  })
  .meta({ id: 'JobError' });
export type JobError = z.infer<typeof jobErrorSchema>;

export const jobSchema = z
  .strictObject({
    id: idSchema,
    serverId: idSchema.nullable().describe('Null when the server was deleted since.'),
    serverName: z.string(),
    serverType: serverTypeSchema,
    attempt: z.int().min(1),
    state: jobStateSchema,
    queuedAt: z.iso.datetime(),
    startingAt: z.iso.datetime().nullable().describe('A worker took it.'),
    startedAt: z.iso.datetime().nullable().describe('The script’s process began.'),
    scriptEndedAt: z.iso.datetime().nullable().describe('The script’s last process ended.'),
    endedAt: z.iso.datetime().nullable().describe('The end was recorded.'),
    exitCode: z.int().optional().describe('Present when the script ended by itself.'),
    signal: z.string().optional().describe('Present when a signal ended the script, for example `SIGSEGV`.'),
    error: jobErrorSchema.optional(),
    usage: jobUsageSchema.optional(),
    output: z.json().optional().describe('What the script gave to the `output` helper.'),
    logEntries: z.int().min(0).describe('Entries of the log so far.'),
    logBytes: z.int().min(0).describe('Size of the log so far, in bytes.'),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof jobSchema>;

const executionFields = {
  id: idSchema,
  eventId: idSchema.nullable().describe('Null when the event was deleted since.'),
  eventName: z.string(),
  eventType: eventTypeSchema,
  state: executionStateSchema,
  trigger: triggerSchema,
  triggeredBy: z.strictObject({ id: idSchema, name: z.string() }).nullable(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable().describe('The first script’s start.'),
  endedAt: z.iso.datetime().nullable(),
};

export const executionSchema = z
  .strictObject({
    ...executionFields,
    input: z.json().describe('Null when there was none.'),
    jobs: z.array(jobSchema),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof executionSchema>;

/** An execution in a list. */
export const executionSummarySchema = z
  .strictObject({
    ...executionFields,
    servers: z.array(z.string()).describe('Names of its servers.'),
    error: jobErrorSchema.nullable().describe('Of the first job that has one.'),
    exitCode: z.int().nullable().describe('Of the first job that failed with one.'),
  })
  .meta({ id: 'ExecutionSummary' });
export type ExecutionSummary = z.infer<typeof executionSummarySchema>;

/** Query of `GET /api/executions`, newest first. */
export const executionQuerySchema = pageQuerySchema.extend({
  eventId: idSchema.optional(),
  state: executionStateSchema.optional(),
  since: z.iso.datetime({ offset: true }).optional().describe('Created at or after this instant.'),
  until: z.iso.datetime({ offset: true }).optional().describe('Created before this instant.'),
});
export type ExecutionQuery = z.infer<typeof executionQuerySchema>;

export const executionPageSchema = pageOf(executionSummarySchema, 'ExecutionPage');

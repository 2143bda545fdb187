import { jobUsageSchema, serverTypeSchema } from '@cronium/server-types';
import * as z from 'zod';

import { eventTypeSchema, targetStrategySchema } from './event';
import { jsonSchema } from './json';
import { idSchema, pageOf, pageQuerySchema } from './page';
import { queueTurnSchema } from './queue';

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
export const triggerSchema = z.enum(['manual', 'api', 'schedule']).meta({ id: 'Trigger' });
export type Trigger = z.infer<typeof triggerSchema>;

/** Why a job did not simply end with an exit code or a signal. */
export const jobErrorSchema = z
  .strictObject({
    code: z
      .string()
      .describe(
        'Ends by a limit: `out_of_memory`, `process_limit`, `disk_full`, `output_limit`, `timeout`. Platform failures: `engine_unavailable`, `image_missing`, `runtime_missing`, `limits_unenforced`, `server_disk_full`, `sandbox_failed`, `container_unavailable`, `broker_untrusted`, `interpreter_missing`, `protocol_error`, `setup_timeout`, `script_lost`, `internal_error`, `restored` (it had not ended when the backup was made that was restored); of ssh servers also `host_unreachable`, `host_key_changed`, `host_key_unapproved`, `authentication_failed`, `runner_unavailable`, `shell_unusable`. A job that was `skipped`: `access_lost`. An execution that was `skipped`: `overlap`; a scheduled one also `missed`, `calendar`, `event_queue_full`, `queue_full`, or why it could not be started. One that was cancelled by its event’s overlap policy: `replaced`.',
      ),
    message: z.string().describe('Cause and remedy, for a person.'),
    platform: z.boolean().describe('True when the platform failed, false when a limit ended the script.'),
  })
  .meta({ id: 'JobError' });
export type JobError = z.infer<typeof jobErrorSchema>;

/** What a queued job waits for, beside its turn. */
export const waitingForSchema = z
  .strictObject({
    reason: z.literal('server_unhealthy').describe('Its server is away, and says `whenUnhealthy: wait`.'),
    code: z.string().describe('Why the server is away, as in `JobError`: for example `host_unreachable`.'),
    message: z.string().describe('Cause and remedy, for a person.'),
    since: z.iso.datetime(),
    until: z.iso.datetime().describe('Then it fails, unless the server is back.'),
  })
  .meta({ id: 'WaitingFor' });
export type WaitingFor = z.infer<typeof waitingForSchema>;

export const jobSchema = z
  .strictObject({
    id: idSchema,
    serverId: idSchema.nullable().describe('Null when the server was deleted since.'),
    serverName: z.string(),
    serverType: serverTypeSchema,
    attempt: z.int().min(1),
    state: jobStateSchema,
    waitingFor: waitingForSchema
      .nullable()
      .describe('Present while it is `queued` and held back; null when it only waits its turn.'),
    queue: queueTurnSchema.nullable().describe('Present while it is `queued` and only waits its turn.'),
    queuedAt: z.iso.datetime(),
    startingAt: z.iso.datetime().nullable().describe('A worker took it.'),
    startedAt: z.iso.datetime().nullable().describe('The script’s process began.'),
    scriptEndedAt: z.iso.datetime().nullable().describe('The script’s last process ended.'),
    endedAt: z.iso.datetime().nullable().describe('The end was recorded.'),
    exitCode: z.int().optional().describe('Present when the script ended by itself.'),
    signal: z.string().optional().describe('Present when a signal ended the script, for example `SIGSEGV`.'),
    error: jobErrorSchema.optional(),
    usage: jobUsageSchema.optional(),
    output: jsonSchema.optional().describe('What the script gave to the `output` helper.'),
    logEntries: z.int().min(0).describe('Entries of the log so far.'),
    logBytes: z.int().min(0).describe('Size of the log so far, in bytes.'),
    logRemovedAt: z.iso
      .datetime()
      .nullable()
      .describe('When the clean-up took the log away; its figures stay.'),
  })
  .meta({ id: 'Job' });
export type Job = z.infer<typeof jobSchema>;

/** A scheduled run that starts later than this is late. As of Quartz, 60 seconds. */
export const lateAfterSeconds = 60;

const executionFields = {
  id: idSchema,
  eventId: idSchema.nullable().describe('Null when the event was deleted since.'),
  eventName: z.string(),
  eventType: eventTypeSchema,
  version: z.int().min(1).describe('The version of the event that runs.'),
  state: executionStateSchema,
  trigger: triggerSchema,
  triggeredBy: z.strictObject({ id: idSchema, name: z.string() }).nullable(),
  plannedAt: z.iso
    .datetime()
    .nullable()
    .describe('When the schedule meant it to run, before jitter; null for others.'),
  triggers: z.int().min(1).describe('How many triggers it stands for, by debouncing or coalescing.'),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().nullable().describe('The first script’s start.'),
  lateSeconds: z
    .int()
    .nullable()
    .describe(
      `Of a scheduled one whose script started more than ${lateAfterSeconds} seconds after its planned time with jitter: how much later, in seconds. Null for others.`,
    ),
  endedAt: z.iso.datetime().nullable(),
};

export const executionSchema = z
  .strictObject({
    ...executionFields,
    input: jsonSchema.describe('Null when there was none.'),
    targetStrategy: targetStrategySchema,
    error: jobErrorSchema
      .nullable()
      .describe(
        'Why it did not happen (then it has no job), or why its event’s overlap policy cancelled it.',
      ),
    traceId: z
      .string()
      .regex(/^[0-9a-f]{32}$/)
      .optional()
      .describe(
        'The trace that it is part of (W3C Trace Context); absent when there is none: its request had no `traceparent`, and traces are sent nowhere.',
      ),
    jobs: z.array(jobSchema),
  })
  .meta({ id: 'Execution' });
export type Execution = z.infer<typeof executionSchema>;

/** Body of `POST /api/executions/:id/run-again`. */
export const runAgainSchema = z
  .strictObject({
    version: z
      .enum(['original', 'current'])
      .default('original')
      .describe(
        '`original`: script, environment, timeout and limits of the version that ran, on the servers that it ran on. `current`: the event as it is now, on its servers.',
      ),
    failedOnly: z.boolean().default(false).describe('Only on the servers where it did not succeed.'),
  })
  .meta({ id: 'RunAgain' });
export type RunAgain = z.infer<typeof runAgainSchema>;

/** An execution in a list. */
export const executionSummarySchema = z
  .strictObject({
    ...executionFields,
    servers: z.array(z.string()).describe('Names of its servers.'),
    error: jobErrorSchema.nullable().describe('Why it did not run, or of the first job that has one.'),
    exitCode: z.int().nullable().describe('Of the first job that failed with one.'),
    waitingFor: waitingForSchema.nullable().describe('Of the first job that is held back.'),
  })
  .meta({ id: 'ExecutionSummary' });
export type ExecutionSummary = z.infer<typeof executionSummarySchema>;

/** Query of `GET /api/executions`, newest first. */
export const executionQuerySchema = pageQuerySchema.extend({
  eventId: idSchema.optional(),
  serverId: idSchema.optional().describe('With a job on this server.'),
  state: executionStateSchema.optional(),
  since: z.iso.datetime({ offset: true }).optional().describe('Created at or after this instant.'),
  until: z.iso.datetime({ offset: true }).optional().describe('Created before this instant.'),
});
export type ExecutionQuery = z.infer<typeof executionQuerySchema>;

export const executionPageSchema = pageOf(executionSummarySchema, 'ExecutionPage');

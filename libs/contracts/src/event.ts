import { resourceLimitOverridesSchema } from '@cronium/server-types';
import * as z from 'zod';

import { calendarIdsSchema } from './calendar';
import { jsonBytes, jsonSchema } from './json';
import { idSchema, pageOf, pageQuerySchema } from './page';
import {
  maxConcurrentExecutionsSchema,
  maxQueuedExecutionsSchema,
  overlapPolicySchema,
  prioritySchema,
  queueBounds,
  wholeNumber,
} from './queue';
import { retrySchema } from './retry';
import { scheduleSchema } from './schedule';

export const eventTypeSchema = z.enum(['BASH', 'PYTHON', 'NODEJS']).meta({ id: 'EventType' });
export type EventType = z.infer<typeof eventTypeSchema>;

/** Bounds of an event, for forms and documentation. */
export const eventBounds = {
  nameLength: 200,
  descriptionLength: 2000,
  /** UTF-16 code units; one MiB of plain text. */
  contentLength: 1_048_576,
  timeoutSeconds: { min: 1, max: 7 * 24 * 3600, default: 300 },
  setupTimeoutSeconds: { min: 1, max: 3600, default: 120 },
  cleanupTimeoutSeconds: { min: 0, max: 300, default: 5 },
  debounceSeconds: { max: 3600 },
  misfireWindowSeconds: { max: 366 * 86_400, default: 86_400 },
  environmentEntries: 200,
  environmentValueLength: 65_536,
  servers: 50,
  tags: 20,
  noteLength: 200,
} as const;

/** What the author of a save says about it. */
export const versionNoteSchema = z
  .string()
  .trim()
  .max(eventBounds.noteLength)
  .describe('Why it was saved, for the history of the event.');

const environmentKeySchema = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'Use letters, digits and underscores, not starting with a digit.')
  .refine((key) => !key.startsWith('CRONIUM_'), 'Names that start with CRONIUM_ are the platform’s own.')
  .describe('Name of the environment variable.');

const environmentValue = z
  .string()
  .max(eventBounds.environmentValueLength)
  .refine((value) => !value.includes('\0'), 'An environment value cannot hold a NUL character.');

/** A variable as it is written. */
export const environmentEntryInputSchema = z
  .strictObject({
    key: environmentKeySchema,
    value: environmentValue.nullable().describe('For a secret that is already stored, null keeps its value.'),
    secret: z
      .boolean()
      .default(false)
      .describe(
        'Stored encrypted, and never read back through the API. In logs and output values it is masked as `••••••`, also in Base64, in URLs and in JSON, when it has at least 4 characters.',
      ),
  })
  .meta({ id: 'EnvironmentEntryInput' });
export type EnvironmentEntryInput = z.infer<typeof environmentEntryInputSchema>;

/** A variable as it is read. */
export const environmentEntrySchema = z
  .strictObject({
    key: z.string(),
    value: z.string().nullable().describe('Null for a secret.'),
    secret: z.boolean(),
  })
  .meta({ id: 'EnvironmentEntry' });
export type EnvironmentEntry = z.infer<typeof environmentEntrySchema>;

const environmentInputSchema = z
  .array(environmentEntryInputSchema)
  .max(eventBounds.environmentEntries)
  .superRefine((entries, context) => {
    const seen = new Set<string>();
    entries.forEach((entry, index) => {
      if (seen.has(entry.key)) {
        context.addIssue({
          code: 'custom',
          path: [index, 'key'],
          message: `“${entry.key}” is there twice; remove one of them.`,
        });
      }
      seen.add(entry.key);
      if (entry.value === null && !entry.secret) {
        context.addIssue({
          code: 'custom',
          path: [index, 'value'],
          message: 'Give a value; null stands only for a secret that is already stored.',
        });
      }
    });
  });

/**
 * Which of its servers an execution uses. `all`: each, one job a server. `any`: the least loaded healthy one. `failover`: the first that
 * works, in order. `round_robin`: one after the other, an execution each.
 */
export const targetStrategySchema = z
  .enum(['all', 'any', 'failover', 'round_robin'])
  .meta({ id: 'TargetStrategy' });
export type TargetStrategy = z.infer<typeof targetStrategySchema>;

/** What becomes of scheduled runs whose time passed while the product was down or the event was paused. */
export const misfirePolicySchema = z
  .enum(['skip', 'run_once', 'run_all'])
  .describe(
    '`skip`: none of them runs. `run_once`: one run for all of them. `run_all`: each, up to 100, the latest. Each that does not run is recorded as skipped.',
  )
  .meta({ id: 'MisfirePolicy' });
export type MisfirePolicy = z.infer<typeof misfirePolicySchema>;

const eventFields = {
  name: z.string().trim().min(1, 'Give the event a name.').max(eventBounds.nameLength),
  description: z.string().max(eventBounds.descriptionLength),
  type: eventTypeSchema,
  content: z
    .string()
    .min(1, 'Write a script.')
    .max(eventBounds.contentLength)
    .describe('The script’s source.'),
  serverIds: z
    .array(idSchema)
    .max(eventBounds.servers)
    .refine((ids) => new Set(ids).size === ids.length, 'Name each server once.')
    .describe('Servers to run on, in order. Defaults to Local Execution; empty when `serverTag` is given.'),
  serverTag: z
    .string()
    .trim()
    .min(1)
    .max(50)
    .nullable()
    .describe(
      'Instead of a list: every server with this tag that the owner may use when the event is triggered.',
    ),
  targetStrategy: targetStrategySchema,
  schedule: scheduleSchema,
  calendarIds: calendarIdsSchema,
  paused: z
    .boolean()
    .describe(
      'While it is paused its schedule starts nothing; what was missed is for its misfire policy when it goes on.',
    ),
  misfirePolicy: misfirePolicySchema,
  misfireWindowSeconds: z
    .int()
    .min(0)
    .max(eventBounds.misfireWindowSeconds.max)
    .describe('A run that is later than this is not made up for, whatever the policy.'),
  overlapPolicy: overlapPolicySchema,
  maxConcurrentExecutions: maxConcurrentExecutionsSchema,
  maxQueuedExecutions: maxQueuedExecutionsSchema,
  priority: prioritySchema,
  timeoutSeconds: z
    .int(wholeNumber(eventBounds.timeoutSeconds))
    .min(eventBounds.timeoutSeconds.min)
    .max(eventBounds.timeoutSeconds.max)
    .describe('Wall time of a job, in seconds; then it is ended as `timed_out`.'),
  setupTimeoutSeconds: z
    .int(wholeNumber(eventBounds.setupTimeoutSeconds))
    .min(eventBounds.setupTimeoutSeconds.min)
    .max(eventBounds.setupTimeoutSeconds.max)
    .describe(
      'From the moment a worker takes a job until its script runs, in seconds; then it fails with `setup_timeout`, which is a platform failure.',
    ),
  cleanupTimeoutSeconds: z
    .int(wholeNumber(eventBounds.cleanupTimeoutSeconds))
    .min(eventBounds.cleanupTimeoutSeconds.min)
    .max(eventBounds.cleanupTimeoutSeconds.max)
    .describe(
      'What a script that is cancelled or timed out has to end by itself, from SIGTERM to SIGKILL, in seconds.',
    ),
  retry: retrySchema,
  debounceSeconds: z
    .int(wholeNumber({ min: 0, max: eventBounds.debounceSeconds.max }))
    .min(0)
    .max(eventBounds.debounceSeconds.max)
    .describe(
      'A trigger by a person or a program waits so long, in seconds; another one meanwhile joins it, with the newer input, and the wait begins anew, ten times as long in all at most. 0 starts at once. One with `serverIds` or `idempotencyKey` neither joins nor is joined.',
    ),
  coalesce: z
    .boolean()
    .describe(
      'A trigger joins the execution of the event that waits to begin, with the newer input, instead of making another. As with `debounceSeconds`.',
    ),
  environment: environmentInputSchema,
  limits: resourceLimitOverridesSchema.describe(
    'Stricter limits than the server’s; a figure left out is the server’s.',
  ),
  tags: z.array(z.string().trim().min(1).max(50)).max(eventBounds.tags),
};

/** Body of `POST /api/events`. */
export const createEventSchema = z
  .strictObject({
    ...eventFields,
    description: eventFields.description.default(''),
    serverIds: eventFields.serverIds.optional(),
    serverTag: eventFields.serverTag.default(null),
    targetStrategy: eventFields.targetStrategy.default('all'),
    schedule: eventFields.schedule.default({ kind: 'manual' }),
    calendarIds: eventFields.calendarIds.default([]),
    paused: eventFields.paused.default(false),
    misfirePolicy: eventFields.misfirePolicy.default('run_once'),
    misfireWindowSeconds: eventFields.misfireWindowSeconds.default(eventBounds.misfireWindowSeconds.default),
    overlapPolicy: eventFields.overlapPolicy.default('allow'),
    maxConcurrentExecutions: eventFields.maxConcurrentExecutions.default(null),
    maxQueuedExecutions: eventFields.maxQueuedExecutions.default(queueBounds.queuedExecutions.default),
    priority: eventFields.priority.default('normal'),
    timeoutSeconds: eventFields.timeoutSeconds.default(eventBounds.timeoutSeconds.default),
    setupTimeoutSeconds: eventFields.setupTimeoutSeconds.default(eventBounds.setupTimeoutSeconds.default),
    cleanupTimeoutSeconds: eventFields.cleanupTimeoutSeconds.default(
      eventBounds.cleanupTimeoutSeconds.default,
    ),
    retry: eventFields.retry.prefault({}),
    debounceSeconds: eventFields.debounceSeconds.default(0),
    coalesce: eventFields.coalesce.default(false),
    environment: eventFields.environment.default([]),
    limits: eventFields.limits.default({}),
    tags: eventFields.tags.default([]),
    note: versionNoteSchema.optional(),
  })
  .superRefine(({ serverIds, serverTag }, context) => {
    if (serverTag === null && serverIds?.length === 0) {
      context.addIssue({ code: 'custom', path: ['serverIds'], message: 'Choose at least one server.' });
    }
    if (serverTag !== null && (serverIds?.length ?? 0) > 0) {
      context.addIssue({
        code: 'custom',
        path: ['serverTag'],
        message: 'Choose servers or a tag, not both.',
      });
    }
  })
  .meta({ id: 'CreateEvent' });
export type CreateEvent = z.infer<typeof createEventSchema>;
export type CreateEventInput = z.input<typeof createEventSchema>;

/** Body of `PATCH /api/events/:id`: what is left out stays. `environment`, `limits`, `serverIds`, `calendarIds` and `tags` are replaced as a whole. */
export const updateEventSchema = z
  .strictObject(eventFields)
  .partial()
  .extend({
    version: z
      .int()
      .min(1)
      .optional()
      .describe('The version the change was made from; another one answers 409 instead of overwriting.'),
    note: versionNoteSchema.optional(),
  })
  .meta({ id: 'UpdateEvent' });
export type UpdateEvent = z.infer<typeof updateEventSchema>;

/** A server as an event refers to it. */
export const eventServerSchema = z
  .strictObject({ id: idSchema, name: z.string(), type: z.enum(['container', 'ssh']) })
  .meta({ id: 'EventServer' });

export const eventSchema = z
  .strictObject({
    id: idSchema,
    name: z.string(),
    description: z.string(),
    type: eventTypeSchema,
    content: z.string(),
    serverIds: z.array(idSchema),
    servers: z.array(eventServerSchema).describe('The same servers, named.'),
    serverTag: z.string().nullable(),
    targetStrategy: targetStrategySchema,
    schedule: scheduleSchema,
    nextRunAt: z.iso
      .datetime()
      .nullable()
      .describe(
        'When it runs next by itself, with jitter: the first planned time that its calendars let through. Null when it does not. While it is paused it is not started then.',
      ),
    calendarIds: z.array(idSchema),
    calendars: z
      .array(z.strictObject({ id: idSchema, name: z.string() }))
      .describe('The same calendars, named.'),
    paused: z.boolean(),
    misfirePolicy: misfirePolicySchema,
    misfireWindowSeconds: z.int(),
    overlapPolicy: overlapPolicySchema,
    maxConcurrentExecutions: maxConcurrentExecutionsSchema,
    maxQueuedExecutions: maxQueuedExecutionsSchema,
    priority: prioritySchema,
    timeoutSeconds: z.int(),
    setupTimeoutSeconds: z.int(),
    cleanupTimeoutSeconds: z.int(),
    retry: retrySchema,
    debounceSeconds: z.int(),
    coalesce: z.boolean(),
    environment: z.array(environmentEntrySchema),
    limits: resourceLimitOverridesSchema,
    tags: z.array(z.string()),
    owner: z.strictObject({ id: idSchema, name: z.string() }),
    version: z.int().min(1).describe('Rises with every save.'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Event' });
export type Event = z.infer<typeof eventSchema>;

/** An event in a list: without its script and environment, with its last execution. */
export const eventSummarySchema = eventSchema
  .omit({ content: true, environment: true })
  .extend({
    lastExecution: z
      .strictObject({
        id: idSchema,
        state: z.string(),
        createdAt: z.iso.datetime(),
        startedAt: z.iso.datetime().nullable(),
        endedAt: z.iso.datetime().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'EventSummary' });
export type EventSummary = z.infer<typeof eventSummarySchema>;

/** Query of `GET /api/events`. */
export const eventQuerySchema = pageQuerySchema.extend({
  search: z.string().trim().max(200).optional().describe('Part of the name, upper or lower case.'),
  type: eventTypeSchema.optional(),
  tag: z.string().max(50).optional(),
});
export type EventQuery = z.infer<typeof eventQuerySchema>;

export const eventPageSchema = pageOf(eventSummarySchema, 'EventPage');

/** Of an execution's input, as JSON in UTF-8. */
export const maxInputBytes = 1_048_576;

/** Body of `POST /api/events/:id/run`. */
export const runEventSchema = z
  .strictObject({
    input: jsonSchema
      .refine((input) => jsonBytes(input) <= maxInputBytes, 'The input is larger than 1 MiB as JSON.')
      .optional()
      .describe('Any JSON value; what the `input` helper gives the script. At most 1 MiB.'),
    serverIds: eventFields.serverIds
      .min(1, 'Choose at least one server.')
      .optional()
      .describe('Run on these servers instead of the event’s.'),
    idempotencyKey: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('A second run with the same key answers the first execution instead of starting another.'),
  })
  .meta({ id: 'RunEvent' });
export type RunEvent = z.infer<typeof runEventSchema>;

export const maxWaitSeconds = 60;

/** Query of `POST /api/events/:id/run`. */
export const runEventQuerySchema = z.strictObject({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(maxWaitSeconds)
    .default(0)
    .describe('Wait up to this many seconds for the end; the answer is the execution as it then is.'),
});
export type RunEventQuery = z.infer<typeof runEventQuerySchema>;

import { resourceLimitOverridesSchema } from '@cronium/server-types';
import * as z from 'zod';

import { idSchema, pageOf, pageQuerySchema } from './page';

export const eventTypeSchema = z.enum(['BASH', 'PYTHON', 'NODEJS']).meta({ id: 'EventType' });
export type EventType = z.infer<typeof eventTypeSchema>;

/** Bounds of an event, for forms and documentation. */
export const eventBounds = {
  nameLength: 200,
  descriptionLength: 2000,
  /** UTF-16 code units; one MiB of plain text. */
  contentLength: 1_048_576,
  timeoutSeconds: { min: 1, max: 7 * 24 * 3600, default: 300 },
  environmentEntries: 200,
  environmentValueLength: 65_536,
  servers: 50,
  tags: 20,
} as const;

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
    secret: z.boolean().default(false).describe('Stored encrypted, and never read back through the API.'),
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

/** Schedules follow in a later version; until then an event is started by hand or through the API. */
export const scheduleSchema = z.strictObject({ kind: z.literal('manual') }).meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof scheduleSchema>;

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
    .min(1, 'Choose at least one server.')
    .max(eventBounds.servers)
    .refine((ids) => new Set(ids).size === ids.length, 'Name each server once.')
    .describe('Servers to run on: one job a server. Defaults to Local Execution.'),
  schedule: scheduleSchema,
  timeoutSeconds: z
    .int()
    .min(eventBounds.timeoutSeconds.min)
    .max(eventBounds.timeoutSeconds.max)
    .describe('Wall time of a job, in seconds; then it is ended as `timed_out`.'),
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
    schedule: eventFields.schedule.default({ kind: 'manual' }),
    timeoutSeconds: eventFields.timeoutSeconds.default(eventBounds.timeoutSeconds.default),
    environment: eventFields.environment.default([]),
    limits: eventFields.limits.default({}),
    tags: eventFields.tags.default([]),
  })
  .meta({ id: 'CreateEvent' });
export type CreateEvent = z.infer<typeof createEventSchema>;
export type CreateEventInput = z.input<typeof createEventSchema>;

/** Body of `PATCH /api/events/:id`: what is left out stays. `environment`, `limits`, `serverIds` and `tags` are replaced as a whole. */
export const updateEventSchema = z
  .strictObject(eventFields)
  .partial()
  .extend({
    version: z
      .int()
      .min(1)
      .optional()
      .describe('The version the change was made from; another one answers 409 instead of overwriting.'),
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
    schedule: scheduleSchema,
    timeoutSeconds: z.int(),
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

/** Body of `POST /api/events/:id/run`. */
export const runEventSchema = z
  .strictObject({
    input: z
      .json()
      .optional()
      .describe('Any JSON value; what the `input` helper gives the script. At most 1 MiB.'),
    serverIds: eventFields.serverIds.optional().describe('Run on these servers instead of the event’s.'),
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

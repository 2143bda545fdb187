import * as z from 'zod';

import { eventSchema, versionNoteSchema } from './event';
import { idSchema, pageOf } from './page';

const entryFields = {
  version: z.int().min(1),
  at: z.iso.datetime().describe('When it was saved.'),
  author: z
    .strictObject({
      id: idSchema.nullable().describe('Null when the user was deleted since.'),
      name: z.string().describe('As it was at the time.'),
    })
    .nullable()
    .describe('Who saved it; null when it is not known.'),
  note: z.string().nullable().describe('What the author said about the save.'),
};

/** One save of an event, in its history. */
export const eventVersionEntrySchema = z
  .strictObject({
    ...entryFields,
    changes: z
      .array(z.string())
      .describe(
        'Fields that differ from the version before, named as in `Event`; none for the first version.',
      ),
  })
  .meta({ id: 'EventVersionEntry' });
export type EventVersionEntry = z.infer<typeof eventVersionEntrySchema>;

export const eventVersionPageSchema = pageOf(eventVersionEntrySchema, 'EventVersionPage');

/** An event as it was at one save. A secret’s value is never readable. */
export const eventVersionSchema = eventSchema
  .omit({ id: true, nextRunAt: true, owner: true, createdAt: true, updatedAt: true })
  .extend({
    ...entryFields,
    serverIds: eventSchema.shape.serverIds.describe('Also those that were deleted since.'),
    servers: eventSchema.shape.servers.describe('The same servers, named as they were then.'),
  })
  .meta({ id: 'EventVersion' });
export type EventVersion = z.infer<typeof eventVersionSchema>;

/** Route parameters `:id` and `:version`. */
export const eventVersionParamsSchema = z.strictObject({
  id: idSchema,
  version: z.coerce.number().int().min(1).max(2_147_483_647),
});
export type EventVersionParams = z.infer<typeof eventVersionParamsSchema>;

/** Body of `POST /api/events/:id/versions/:version/restore`. */
export const restoreVersionSchema = z
  .strictObject({
    currentVersion: z
      .int()
      .min(1)
      .describe(
        'The event’s version as the caller has read it; when it was saved since, 409 instead of overwriting.',
      ),
    note: versionNoteSchema.optional().describe('“Version N restored.” when it is left out.'),
  })
  .meta({ id: 'RestoreVersion' });
export type RestoreVersion = z.infer<typeof restoreVersionSchema>;

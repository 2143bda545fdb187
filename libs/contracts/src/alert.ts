import * as z from 'zod';

import { idSchema, pageOf, pageQuerySchema } from './page';

/** Something that somebody must look at. */
export const alertSchema = z
  .strictObject({
    id: idSchema,
    kind: z
      .enum(['host_key_changed', 'did_not_run'])
      .describe(
        '`host_key_changed`: of a server. `did_not_run`: scheduled runs of an event did not happen; resolved when one starts.',
      ),
    severity: z.enum(['info', 'warning', 'critical']),
    title: z.string(),
    details: z
      .record(z.string(), z.unknown())
      .describe('Facts of the kind, for example both fingerprints, or why and when it did not run last.'),
    server: z
      .strictObject({ id: idSchema, name: z.string() })
      .nullable()
      .describe('What it is about, or null.'),
    event: z
      .strictObject({ id: idSchema, name: z.string() })
      .nullable()
      .describe('What it is about, or null.'),
    count: z.int().min(1).describe('How often it was noticed while it was open.'),
    openedAt: z.iso.datetime(),
    resolvedAt: z.iso.datetime().nullable().describe('Null while it is open.'),
  })
  .meta({ id: 'Alert' });
export type Alert = z.infer<typeof alertSchema>;

/** Query of `GET /api/alerts`. */
export const alertQuerySchema = pageQuerySchema.extend({
  open: z.stringbool().default(false).describe('Only those that are not resolved.'),
  eventId: idSchema.optional().describe('Only those of this event.'),
});
export type AlertQuery = z.infer<typeof alertQuerySchema>;

export const alertPageSchema = pageOf(alertSchema, 'AlertPage');

import * as z from 'zod';

import { alertDeliverySchema } from './alert-delivery';
import { alertKindSchema, alertSeveritySchema, alertStateSchema } from './alert-kind';
import { idSchema, pageOf, pageQuerySchema } from './page';

const named = z.strictObject({ id: idSchema, name: z.string() });

/** Something that somebody must look at. */
export const alertSchema = z
  .strictObject({
    id: idSchema,
    kind: alertKindSchema,
    severity: alertSeveritySchema.describe('The highest since it was opened.'),
    state: alertStateSchema,
    title: z.string(),
    details: z
      .record(z.string(), z.unknown())
      .describe('Facts of the kind, for example both fingerprints, or why and when it did not run last.'),
    server: named.nullable().describe('What it is about, or null.'),
    event: named
      .nullable()
      .describe('What it is about, or null. Neither a server nor an event: the installation.'),
    count: z.int().min(1).describe('How often it was noticed while it was open.'),
    openedAt: z.iso.datetime(),
    acknowledgedAt: z.iso.datetime().nullable(),
    acknowledgedBy: named.nullable().describe('Null when nobody did, or their account was deleted.'),
    resolvedAt: z.iso.datetime().nullable().describe('Null while it is not over.'),
  })
  .meta({ id: 'Alert' });
export type Alert = z.infer<typeof alertSchema>;

/** What became of an alert. */
export const alertChangeSchema = z
  .strictObject({
    id: idSchema,
    at: z.iso.datetime(),
    kind: z.enum(['opened', 'severity_raised', 'acknowledged', 'resolved']),
    severity: alertSeveritySchema,
    by: named.nullable().describe('Null when Cronium did it.'),
    note: z.string().nullable().describe('What they wrote.'),
    silencedBy: z
      .string()
      .nullable()
      .describe('The reason of the silence that kept it from being delivered.'),
  })
  .meta({ id: 'AlertChange' });
export type AlertChange = z.infer<typeof alertChangeSchema>;

/** Answer of `GET /api/alerts/:id`. */
export const alertDetailsSchema = alertSchema
  .extend({
    history: z.array(alertChangeSchema).max(100).describe('The oldest first.'),
    deliveries: z
      .array(alertDeliverySchema)
      .max(100)
      .describe('The newest first; for those who are no administrators, those to themselves.'),
    mayChange: z.boolean().describe('Whether the caller may acknowledge and resolve it.'),
  })
  .meta({ id: 'AlertDetails' });
export type AlertDetails = z.infer<typeof alertDetailsSchema>;

/** Query of `GET /api/alerts`. */
export const alertQuerySchema = pageQuerySchema.extend({
  open: z.stringbool().default(false).describe('Only those that are not resolved.'),
  state: alertStateSchema.optional(),
  kind: alertKindSchema.optional(),
  severity: alertSeveritySchema.optional(),
  serverId: idSchema.optional().describe('Only those of this server.'),
  eventId: idSchema.optional().describe('Only those of this event.'),
});
export type AlertQuery = z.infer<typeof alertQuerySchema>;

export const alertPageSchema = pageOf(alertSchema, 'AlertPage');

/** Of those that nobody has acknowledged; answer of `GET /api/alerts/open`. */
export const openAlertsSchema = z
  .strictObject({
    counts: z.strictObject({
      critical: z.int().min(0),
      warning: z.int().min(0),
      info: z.int().min(0),
    }),
    items: z.array(alertSchema).max(10).describe('The most severe first, and among those the newest.'),
  })
  .meta({ id: 'OpenAlerts' });
export type OpenAlerts = z.infer<typeof openAlertsSchema>;

/** Body of `POST /api/alerts/:id/acknowledge` and `/resolve`. */
export const alertNoteSchema = z
  .strictObject({
    note: z.string().trim().max(1000).default('').describe('Why, for those who read it later.'),
  })
  .meta({ id: 'AlertNote' });
export type AlertNote = z.infer<typeof alertNoteSchema>;

import * as z from 'zod';

import { alertKindSchema } from './alert-kind';
import { idSchema, pageOf, pageQuerySchema } from './page';
import { instantSchema, timezoneSchema } from './time';

const named = z.strictObject({ id: idSchema, name: z.string() });

/** Alerts that match are on record, and are not delivered. What is null matches all. */
export const alertSilenceSchema = z
  .strictObject({
    id: idSchema,
    kind: alertKindSchema.nullable(),
    server: named.nullable(),
    event: named.nullable(),
    reason: z.string(),
    startsAt: z.iso.datetime(),
    endsAt: z.iso.datetime().describe('Of the first window, when it repeats.'),
    repeat: z.enum(['never', 'weekly']),
    timezone: z.string().describe('On whose clocks a window repeats.'),
    state: z.enum(['planned', 'active', 'over']).describe('Now. One that repeats is `planned` in between.'),
    createdBy: named.nullable(),
    createdAt: z.iso.datetime(),
    mayDelete: z.boolean().describe('Whether the caller may delete it.'),
  })
  .meta({ id: 'AlertSilence' });
export type AlertSilence = z.infer<typeof alertSilenceSchema>;

export const alertSilencePageSchema = pageOf(alertSilenceSchema, 'AlertSilencePage');

/** Query of `GET /api/alert-silences`. */
export const alertSilenceQuerySchema = pageQuerySchema.extend({
  over: z.stringbool().default(true).describe('With those that are over.'),
});
export type AlertSilenceQuery = z.infer<typeof alertSilenceQuerySchema>;

/** Body of `POST /api/alert-silences`. A maintenance window is a silence that starts later, or repeats. */
export const createAlertSilenceSchema = z
  .strictObject({
    kind: alertKindSchema.nullable().default(null),
    serverId: idSchema.nullable().default(null),
    eventId: idSchema.nullable().default(null),
    reason: z.string().trim().min(1, 'Say why, for those who wonder.').max(500),
    startsAt: instantSchema,
    endsAt: instantSchema,
    repeat: z.enum(['never', 'weekly']).default('never'),
    timezone: timezoneSchema.default('UTC'),
  })
  .superRefine(({ startsAt, endsAt, repeat, serverId, eventId }, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const hours = (Date.parse(endsAt) - Date.parse(startsAt)) / 3_600_000;
    if (hours <= 0) refuse('endsAt', 'It has to end after it starts.');
    if (hours > 366 * 24) refuse('endsAt', 'It may last a year at most.');
    if (repeat === 'weekly' && hours > 6 * 24)
      refuse('endsAt', 'One that repeats may last six days at most.');
    if (serverId !== null && eventId !== null)
      refuse('eventId', 'An alert is of a server or of an event: leave one out.');
  })
  .meta({ id: 'CreateAlertSilence' });
export type CreateAlertSilence = z.infer<typeof createAlertSilenceSchema>;

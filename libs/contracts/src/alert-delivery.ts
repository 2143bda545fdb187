import * as z from 'zod';

import { idSchema, pageOf, pageQuerySchema } from './page';

/** One change of an alert, told to one recipient by one channel. */
export const alertDeliverySchema = z
  .strictObject({
    id: idSchema.describe('Header `X-Cronium-Delivery` of a webhook; the same at every attempt.'),
    alert: z.strictObject({ id: idSchema, title: z.string() }),
    change: z.enum(['opened', 'severity_raised', 'acknowledged', 'resolved']).describe('What is told.'),
    channel: z
      .strictObject({ id: idSchema.nullable(), name: z.string(), kind: z.enum(['email', 'webhook']) })
      .describe('Its id is null when it was deleted.'),
    recipient: z.string().describe('An e-mail address; the host of a webhook.'),
    state: z.enum(['waiting', 'sending', 'delivered', 'failed']),
    attempt: z.int().min(0).describe('Attempts that were begun.'),
    error: z.string().nullable().describe('Of the last attempt that failed.'),
    nextAttemptAt: z.iso.datetime().nullable().describe('Null when there is none any more.'),
    createdAt: z.iso.datetime(),
    endedAt: z.iso.datetime().nullable().describe('When it was delivered, or given up.'),
  })
  .meta({ id: 'AlertDelivery' });
export type AlertDelivery = z.infer<typeof alertDeliverySchema>;

/** Query of `GET /api/alert-deliveries`. */
export const alertDeliveryQuerySchema = pageQuerySchema.extend({
  state: alertDeliverySchema.shape.state.optional(),
  channelId: idSchema.optional(),
  alertId: idSchema.optional(),
});
export type AlertDeliveryQuery = z.infer<typeof alertDeliveryQuerySchema>;

export const alertDeliveryPageSchema = pageOf(alertDeliverySchema, 'AlertDeliveryPage');

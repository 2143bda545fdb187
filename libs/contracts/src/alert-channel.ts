import * as z from 'zod';

import { idSchema, pageOf } from './page';

const name = z.string().trim().min(1, 'Give it a name.').max(100);
const host = z
  .string()
  .trim()
  .min(1, 'Give the name or address of the mail server.')
  .max(255)
  .regex(/^[A-Za-z0-9._:-]+$/, 'Give a host name or an address, without a port.');

const emailFields = {
  host,
  port: z.int().min(1).max(65_535).describe('Usually 587 with STARTTLS, 465 with TLS, 25 without.'),
  security: z
    .enum(['none', 'starttls', 'tls'])
    .describe('`starttls`: the connection is refused when it cannot be encrypted.'),
  user: z.string().max(255).nullable().describe('Null when the mail server asks for none.'),
  from: z
    .string()
    .trim()
    .min(3)
    .max(320)
    .regex(/^[^\r\n]+@[^\r\n]+$/, 'Give an address, for example Cronium <alerts@example.com>.'),
};
const password = z.string().max(1000).describe('Never answered.');

const webhookFields = {
  url: z
    .url({ protocol: /^https?$/, error: 'Give an address that begins with https:// or http://.' })
    .max(2000)
    .refine(
      (url) => !URL.canParse(url) || new URL(url).username === '',
      'Give it without a user and a password.',
    ),
};
const secret = z
  .string()
  .min(16, 'Give at least 16 characters.')
  .max(500)
  .describe('What deliveries are signed with. Never answered.');

const common = {
  id: idSchema,
  name: z.string(),
  enabled: z.boolean(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

/** A way by which alerts are delivered. */
export const alertChannelSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      ...common,
      kind: z.literal('email'),
      email: z.strictObject({ ...emailFields, hasPassword: z.boolean() }),
    }),
    z.strictObject({
      ...common,
      kind: z.literal('webhook'),
      webhook: z.strictObject({ ...webhookFields, hasSecret: z.boolean() }),
    }),
  ])
  .meta({ id: 'AlertChannel' });
export type AlertChannel = z.infer<typeof alertChannelSchema>;

export const alertChannelPageSchema = pageOf(alertChannelSchema, 'AlertChannelPage');

/** Body of `POST /api/alert-channels`. */
export const createAlertChannelSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('email'),
      name,
      enabled: z.boolean().default(true),
      email: z.strictObject({ ...emailFields, password: password.nullable().default(null) }),
    }),
    z.strictObject({
      kind: z.literal('webhook'),
      name,
      enabled: z.boolean().default(true),
      webhook: z.strictObject({ ...webhookFields, secret }),
    }),
  ])
  .meta({ id: 'CreateAlertChannel' });
export type CreateAlertChannel = z.infer<typeof createAlertChannelSchema>;

/** Body of `PATCH /api/alert-channels/:id`: what is left out stays, secrets too. */
export const updateAlertChannelSchema = z
  .strictObject({
    name: name.optional(),
    enabled: z.boolean().optional(),
    email: z
      .strictObject({ ...emailFields, password: password.nullable() })
      .partial()
      .optional()
      .describe('Only of one that sends e-mail. Another host needs the password again.'),
    webhook: z
      .strictObject({ ...webhookFields, secret })
      .partial()
      .optional()
      .describe('Only of a webhook.'),
  })
  .meta({ id: 'UpdateAlertChannel' });
export type UpdateAlertChannel = z.infer<typeof updateAlertChannelSchema>;

/** Body of `POST /api/alert-channels/:id/test`. */
export const testAlertChannelSchema = z
  .strictObject({
    to: z
      .email('Give an e-mail address.')
      .max(320)
      .optional()
      .describe('For e-mail; the caller’s own otherwise.'),
  })
  .meta({ id: 'TestAlertChannel' });
export type TestAlertChannel = z.infer<typeof testAlertChannelSchema>;

/** What became of the test. */
export const alertChannelTestSchema = z
  .strictObject({
    delivered: z.boolean(),
    recipient: z.string(),
    error: z
      .string()
      .nullable()
      .describe('What went wrong, in the words of the other side where it gave some.'),
    tookMs: z.int().min(0),
  })
  .meta({ id: 'AlertChannelTest' });
export type AlertChannelTest = z.infer<typeof alertChannelTestSchema>;

import * as z from 'zod';

import { alertKindSchema, alertSeveritySchema } from './alert-kind';
import { idSchema } from './page';

/** Who hears of alerts by e-mail. In the product everyone sees what they may see. */
export const alertRecipientsSchema = z
  .discriminatedUnion('who', [
    z.strictObject({ who: z.literal('owner') }),
    z.strictObject({ who: z.literal('administrators') }),
    z.strictObject({ who: z.literal('users'), userIds: z.array(idSchema).min(1).max(100) }),
  ])
  .describe(
    '`owner`: of the event or server; administrators where there is none, or they may not sign in any more.',
  )
  .meta({ id: 'AlertRecipients' });
export type AlertRecipients = z.infer<typeof alertRecipientsSchema>;

const ruleFields = {
  enabled: z.boolean(),
  threshold: z
    .number()
    .nullable()
    .describe('From which figure on it is one, in the unit of its kind; null where nothing is counted.'),
  criticalThreshold: z
    .number()
    .nullable()
    .describe(
      'From which figure on its severity is critical, whatever the rule’s severity is; null for none.',
    ),
  forSeconds: z
    .int()
    .min(0)
    .max(86_400)
    .describe('How long it has to last before it is one. Looked at once a minute.'),
  severity: alertSeveritySchema,
  recipients: alertRecipientsSchema,
  channelIds: z
    .array(idSchema)
    .max(20)
    .nullable()
    .describe('By which channels it is delivered; null for all, also those that are added later.'),
};

/** When something is an alert. There is one rule for each kind. */
export const alertRuleSchema = z
  .strictObject({ id: idSchema, kind: alertKindSchema, ...ruleFields, updatedAt: z.iso.datetime() })
  .meta({ id: 'AlertRule' });
export type AlertRule = z.infer<typeof alertRuleSchema>;

/** Answer of `GET /api/alert-rules`: one for each kind. */
export const alertRuleListSchema = z
  .strictObject({ items: z.array(alertRuleSchema).max(50) })
  .meta({ id: 'AlertRuleList' });
export type AlertRuleList = z.infer<typeof alertRuleListSchema>;

/** Body of `PATCH /api/alert-rules/:id`: what is left out stays. */
export const updateAlertRuleSchema = z.strictObject(ruleFields).partial().meta({ id: 'UpdateAlertRule' });
export type UpdateAlertRule = z.infer<typeof updateAlertRuleSchema>;

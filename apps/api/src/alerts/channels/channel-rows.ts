import type { AlertChannel } from '@cronium/contracts';

import type { EmailSettings } from './email-channel';
import type { WebhookSettings } from './webhook-channel';

interface Common {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly sealedSecret: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A channel as it is stored. */
export type StoredChannel =
  | (Common & { readonly kind: 'email'; readonly config: Omit<EmailSettings, 'password'> })
  | (Common & { readonly kind: 'webhook'; readonly config: Pick<WebhookSettings, 'url'> });

export const channelColumns = `id, name, kind, enabled, config, sealed_secret AS "sealedSecret",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

/** Without its secret. */
export function toChannel(stored: StoredChannel): AlertChannel {
  const { id, name, enabled } = stored;
  const common = {
    ...{ id, name, enabled },
    createdAt: stored.createdAt.toISOString(),
    updatedAt: stored.updatedAt.toISOString(),
  };
  const isSealed = stored.sealedSecret !== null;
  return stored.kind === 'email'
    ? { ...common, kind: stored.kind, email: { ...stored.config, hasPassword: isSealed } }
    : { ...common, kind: stored.kind, webhook: { ...stored.config, hasSecret: isSealed } };
}

import {
  createAlertChannelSchema,
  updateAlertChannelSchema,
  type AlertChannel,
  type CreateAlertChannel,
  type UpdateAlertChannel,
} from '@cronium/contracts';

import { checkedBy } from '../../../shared/form/checked-by';

/** A channel as the dialog edits it; what its kind does not have is not sent. An empty secret keeps the present one. */
export interface ChannelForm {
  kind: AlertChannel['kind'];
  name: string;
  email: {
    host: string;
    port: number | null;
    security: 'none' | 'starttls' | 'tls';
    user: string;
    password: string;
    from: string;
  };
  webhook: { url: string; secret: string };
}

export const createFormSchema = checkedBy<ChannelForm>(createAlertChannelSchema, toCreated);
export const updateFormSchema = checkedBy<ChannelForm>(updateAlertChannelSchema, toChanged);

export function toChannelForm(channel: AlertChannel | null): ChannelForm {
  const empty: ChannelForm = {
    kind: 'email',
    name: '',
    email: { host: '', port: 587, security: 'starttls', user: '', password: '', from: '' },
    webhook: { url: '', secret: '' },
  };
  if (channel === null) return empty;
  if (channel.kind === 'webhook')
    return {
      ...empty,
      kind: 'webhook',
      name: channel.name,
      webhook: { url: channel.webhook.url, secret: '' },
    };
  const { hasPassword: _, user, ...email } = channel.email;
  return { ...empty, name: channel.name, email: { ...email, user: user ?? '', password: '' } };
}

/** Its shape is checked by the schema. */
export function toCreated({ kind, name, email, webhook }: ChannelForm): unknown {
  if (kind === 'webhook') return { kind, name, webhook };
  return { kind, name, email: { ...email, user: email.user || null, password: email.password || null } };
}

export function toChanged({ kind, name, email, webhook }: ChannelForm): unknown {
  if (kind === 'webhook') return { name, webhook: webhook.secret === '' ? { url: webhook.url } : webhook };
  const { password, user, ...rest } = email;
  // Without a user there is nothing to keep a password for.
  const secret = user === '' ? { password: null } : password === '' ? {} : { password };
  return { name, email: { ...rest, user: user || null, ...secret } };
}

export const parseCreated = (form: ChannelForm): CreateAlertChannel =>
  createAlertChannelSchema.parse(toCreated(form));
export const parseChanged = (form: ChannelForm): UpdateAlertChannel =>
  updateAlertChannelSchema.parse(toChanged(form));

/** 32 bytes in hex. */
export function newSecret(): string {
  return [...crypto.getRandomValues(new Uint8Array(32))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}

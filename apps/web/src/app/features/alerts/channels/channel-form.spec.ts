import type { AlertChannel } from '@cronium/contracts';

import {
  createFormSchema,
  newSecret,
  toChanged,
  toChannelForm,
  toCreated,
  updateFormSchema,
  type ChannelForm,
} from './channel-form';

const times = { createdAt: '2026-01-01T00:00:00.000Z', updatedAt: '2026-01-01T00:00:00.000Z' };
const mail: AlertChannel = {
  ...{ id: 'x', name: 'Mail', enabled: true, kind: 'email', ...times },
  email: {
    ...{ host: 'mail.example.com', port: 465, security: 'tls', user: 'me', from: 'a@example.com' },
    hasPassword: true,
  },
};
const wrongIn = (schema: typeof createFormSchema, form: ChannelForm) =>
  schema.safeParse(form).error?.issues.map(({ path }) => path.join('.')) ?? [];

describe('the form of a channel', () => {
  it('names each field that is wrong, of its kind alone', () => {
    const empty = toChannelForm(null);
    expect(wrongIn(createFormSchema, empty).sort()).toEqual(
      expect.arrayContaining(['name', 'email.host', 'email.from']),
    );
    expect(wrongIn(createFormSchema, { ...empty, kind: 'webhook' }).sort()).toEqual(
      expect.arrayContaining(['name', 'webhook.url', 'webhook.secret']),
    );
    expect(wrongIn(createFormSchema, empty).some((path) => path.startsWith('webhook'))).toBe(false);
  });

  it('keeps a secret that was not typed', () => {
    const form = toChannelForm(mail);
    expect(form.email.password).toBe('');
    expect(toChanged(form)).toEqual({
      name: 'Mail',
      email: { host: 'mail.example.com', port: 465, security: 'tls', user: 'me', from: 'a@example.com' },
    });
    expect(wrongIn(updateFormSchema, form)).toEqual([]);
    expect(toChanged({ ...form, email: { ...form.email, password: 'new' } })).toMatchObject({
      email: { password: 'new' },
    });
  });

  it('forgets the password of nobody', () => {
    const form = toChannelForm(mail);
    expect(toChanged({ ...form, email: { ...form.email, user: '' } })).toMatchObject({
      email: { user: null, password: null },
    });
    expect(toCreated({ ...form, email: { ...form.email, user: '' } })).toMatchObject({
      email: { user: null, password: null },
    });
  });

  it('makes secrets that are long, and never the same', () => {
    expect(newSecret()).toMatch(/^[0-9a-f]{64}$/);
    expect(newSecret()).not.toBe(newSecret());
  });
});

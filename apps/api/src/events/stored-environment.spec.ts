import { randomBytes } from 'node:crypto';

import { DomainError } from '../http/domain-error';
import { SecretsService } from '../secrets/secrets.service';
import {
  openEnvironment,
  secretValuesOf,
  storeEnvironment,
  type StoredEnvironmentEntry,
  toEnvironmentDto,
} from './stored-environment';

const secrets = new SecretsService(randomBytes(32));
const entries = [
  { key: 'REGION', value: 'eu', secret: false },
  { key: 'TOKEN', value: 'hunter2', secret: true },
];
const store = (input: typeof entries, stored: readonly StoredEnvironmentEntry[] = [], event = 'event 1') =>
  storeEnvironment(secrets, event, input, stored);
const keep = (key: string) =>
  storeEnvironment(secrets, 'event 1', [{ key, value: null, secret: true }], store(entries));

function refusalOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('the stored environment', () => {
  it('holds a secret only sealed', () => {
    const stored = store(entries);
    expect(stored).toEqual([
      { key: 'REGION', secret: false, value: 'eu' },
      { key: 'TOKEN', secret: true, sealed: expect.any(String) },
    ]);
    expect(JSON.stringify(stored)).not.toContain('hunter2');
  });

  it('opens for the script, shows no secret to the API, and tells the mask which they are', () => {
    const stored = store(entries);
    expect(openEnvironment(secrets, 'event 1', stored)).toEqual({ REGION: 'eu', TOKEN: 'hunter2' });
    expect(secretValuesOf(secrets, 'event 1', stored)).toEqual(['hunter2']);
    expect(toEnvironmentDto(stored)).toEqual([
      { key: 'REGION', secret: false, value: 'eu' },
      { key: 'TOKEN', secret: true, value: null },
    ]);
  });

  it('keeps a stored secret whose value is not given again', () => {
    expect(openEnvironment(secrets, 'event 1', keep('TOKEN'))).toEqual({ TOKEN: 'hunter2' });
  });

  it.each(['REGION', 'OTHER'])('refuses to keep %s, which is no stored secret', (key) => {
    const refusal = refusalOf(() => keep(key));
    expect(refusal).toBeInstanceOf(DomainError);
    expect(refusal).toMatchObject({ code: 'secret_missing', fields: [{ path: 'body.environment.0.value' }] });
  });

  it('does not open under another key or in another event', () => {
    const [, token] = store(entries);
    if (!token?.secret) throw new Error('It is a secret.');
    expect(() => openEnvironment(secrets, 'event 2', [token])).toThrow();
    expect(() => openEnvironment(secrets, 'event 1', [{ ...token, key: 'OTHER' }])).toThrow();
  });

  it('takes a secret’s value in the clear when it is made public', () => {
    const stored = store([{ key: 'TOKEN', value: 'now public', secret: false }], store(entries));
    expect(stored).toEqual([{ key: 'TOKEN', secret: false, value: 'now public' }]);
  });
});

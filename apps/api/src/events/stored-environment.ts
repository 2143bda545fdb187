import type { EnvironmentEntry, EnvironmentEntryInput } from '@cronium/contracts';

import { DomainError } from '../http/domain-error';
import type { SecretsService } from '../secrets/secrets.service';

/** An environment entry as the database has it: a secret only sealed. */
export type StoredEnvironmentEntry =
  | { readonly key: string; readonly secret: false; readonly value: string }
  | { readonly key: string; readonly secret: true; readonly sealed: string };

type Sealer = Pick<SecretsService, 'encrypt' | 'decrypt'>;

/** Bound to the event and the key: a sealed value copied to another place does not open. */
export const environmentPurpose = (eventId: string, key: string) => `event:${eventId}:environment:${key}`;

/**
 * Seals what is secret. A secret without a value keeps the one stored under its key.
 * @throws DomainError when there is none to keep
 */
export function storeEnvironment(
  secrets: Sealer,
  eventId: string,
  entries: readonly EnvironmentEntryInput[],
  stored: readonly StoredEnvironmentEntry[],
): StoredEnvironmentEntry[] {
  return entries.map(({ key, value, secret }, index) => {
    if (value !== null) {
      return secret
        ? { key, secret, sealed: secrets.encrypt(value, environmentPurpose(eventId, key)) }
        : { key, secret, value };
    }
    const kept = stored.find((entry) => entry.key === key);
    if (kept?.secret) return kept;
    throw new DomainError(
      'invalid',
      'secret_missing',
      `There is no stored secret ${key} to keep; give its value.`,
      [
        {
          path: `body.environment.${index}.value`,
          message: 'Give a value; nothing is stored under this key yet.',
        },
      ],
    );
  });
}

/** For the script alone: every value in the clear. */
export function openEnvironment(
  secrets: Sealer,
  eventId: string,
  stored: readonly StoredEnvironmentEntry[],
): Record<string, string> {
  return Object.fromEntries(
    stored.map((entry) => [
      entry.key,
      entry.secret ? secrets.decrypt(entry.sealed, environmentPurpose(eventId, entry.key)) : entry.value,
    ]),
  );
}

/** What must not stand in a log. */
export function secretValuesOf(
  secrets: Sealer,
  eventId: string,
  stored: readonly StoredEnvironmentEntry[],
): string[] {
  return stored.flatMap((entry) =>
    entry.secret ? [secrets.decrypt(entry.sealed, environmentPurpose(eventId, entry.key))] : [],
  );
}

/** For the API: no secret's value. */
export function toEnvironmentDto(stored: readonly StoredEnvironmentEntry[]): EnvironmentEntry[] {
  return stored.map((entry) => ({
    key: entry.key,
    secret: entry.secret,
    value: entry.secret ? null : entry.value,
  }));
}

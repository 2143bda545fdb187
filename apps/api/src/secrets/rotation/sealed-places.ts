import { channelPurpose } from '../../alerts/channels/channel-factory';
import { environmentPurpose, type StoredEnvironmentEntry } from '../../events/stored-environment';
import { brokerPurpose, credentialsPurpose, generatedKeyPurpose } from '../../servers/server-credentials';

/** Seals anew what was sealed for the same purpose. */
export type Reseal = (sealed: string, purpose: string) => string;

/** A column with sealed values in it. */
export interface SealedPlace {
  readonly table: string;
  readonly column: string;
  /** What the values are bound to: a column of the row. */
  readonly boundTo: string;
  /** Rows without sealed values, or with some that nothing opens any more, are left out. SQL. */
  readonly which: string;
  /** @returns the column's new value */
  resealed(value: unknown, boundTo: string, reseal: Reseal): unknown;
}

const whole = (table: string, column: string, purposeOf: (id: string) => string): SealedPlace => ({
  ...{ table, column, boundTo: 'id', which: `${column} IS NOT NULL` },
  resealed: (value, id, reseal) => reseal(value as string, purposeOf(id)),
});

/** @param boundTo the column with the event's id; a version whose event was deleted never runs again */
const environment = (table: string, boundTo: string): SealedPlace => ({
  ...{ table, column: 'environment', boundTo },
  which: `${boundTo} IS NOT NULL AND environment @> '[{"secret": true}]'`,
  resealed: (value, eventId, reseal) =>
    JSON.stringify(
      (value as StoredEnvironmentEntry[]).map((entry) =>
        entry.secret
          ? { ...entry, sealed: reseal(entry.sealed, environmentPurpose(eventId, entry.key)) }
          : entry,
      ),
    ),
});

/** All columns of the schema that hold sealed values; a new one belongs here (rotate-key.spec.ts looks for values of these kinds that were left out). */
export const sealedPlaces: readonly SealedPlace[] = [
  whole('servers', 'ssh_credentials', credentialsPurpose),
  whole('servers', 'broker_credentials', brokerPurpose),
  whole('generated_keys', 'sealed_private_key', generatedKeyPurpose),
  whole('alert_channels', 'sealed_secret', channelPurpose),
  environment('events', 'id'),
  environment('event_versions', 'event_id'),
];

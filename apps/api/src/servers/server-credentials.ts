import * as z from 'zod';

import type { SecretsService } from '../secrets/secrets.service';

/** How Cronium signs in to a host, as it is stored (sealed). */
export const storedCredentialsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('password'), password: z.string() }),
  z.strictObject({
    kind: z.literal('private_key'),
    privateKey: z.string(),
    passphrase: z.string().optional(),
  }),
]);
export type StoredCredentials = z.infer<typeof storedCredentialsSchema>;

/** What this Cronium shows to the broker of another machine, as it is stored (sealed). */
const brokerIdentitySchema = z.strictObject({ certificate: z.string(), privateKey: z.string() });
export type BrokerIdentity = z.infer<typeof brokerIdentitySchema>;

type Sealer = Pick<SecretsService, 'encrypt' | 'decrypt'>;

/** Bound to the server: sealed credentials copied to another row do not open. */
export const credentialsPurpose = (serverId: string) => `server:${serverId}:credentials`;

/** Of a key pair that was made for a host, before there is its server. */
export const generatedKeyPurpose = (keyId: string) => `generated-key:${keyId}`;

export const brokerPurpose = (serverId: string) => `server:${serverId}:broker`;

export function sealBrokerIdentity(secrets: Sealer, serverId: string, identity: BrokerIdentity): string {
  return secrets.encrypt(JSON.stringify(identity), brokerPurpose(serverId));
}

export function openBrokerIdentity(secrets: Sealer, serverId: string, sealed: string): BrokerIdentity {
  return brokerIdentitySchema.parse(JSON.parse(secrets.decrypt(sealed, brokerPurpose(serverId))));
}

export function sealCredentials(secrets: Sealer, serverId: string, credentials: StoredCredentials): string {
  return secrets.encrypt(JSON.stringify(credentials), credentialsPurpose(serverId));
}

export function openCredentials(secrets: Sealer, serverId: string, sealed: string): StoredCredentials {
  return storedCredentialsSchema.parse(JSON.parse(secrets.decrypt(sealed, credentialsPurpose(serverId))));
}

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

type Sealer = Pick<SecretsService, 'encrypt' | 'decrypt'>;

/** Bound to the server: sealed credentials copied to another row do not open. */
const purposeOf = (serverId: string) => `server:${serverId}:credentials`;

export function sealCredentials(secrets: Sealer, serverId: string, credentials: StoredCredentials): string {
  return secrets.encrypt(JSON.stringify(credentials), purposeOf(serverId));
}

export function openCredentials(secrets: Sealer, serverId: string, sealed: string): StoredCredentials {
  return storedCredentialsSchema.parse(JSON.parse(secrets.decrypt(sealed, purposeOf(serverId))));
}

import { randomBytes } from 'node:crypto';

import { hash, verify } from '@node-rs/argon2';

/** OWASP's first choice for argon2id (Password Storage Cheat Sheet): 19 MiB, 2 passes, 1 lane. The package's default variant is argon2id. */
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const unknownUserHash = hash(randomBytes(16).toString('hex'), argon2id);

export function hashPassword(password: string): Promise<string> {
  return hash(password, argon2id);
}

/** Whether the password is that of the hash. Takes as long when there is no hash to compare with. */
export async function passwordMatches(passwordHash: string | undefined, password: string): Promise<boolean> {
  const matches = await verify(passwordHash ?? (await unknownUserHash), password);
  return matches && passwordHash !== undefined;
}

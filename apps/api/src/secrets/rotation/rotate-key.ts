import { randomBytes } from 'node:crypto';

import type { Client } from 'pg';

import { recordInAudit } from '../../backup/backup-log';
import { encryptionKeyOf, reachDatabase, stageKey } from '../../backup/installation';
import { requireNobody } from '../../backup/tables';
import type { Config } from '../../config/config';
import { createDataSource } from '../../database/data-source';
import { migrationStatus } from '../../database/schema-version';
import { SecretsService } from '../secrets.service';
import { resealAll } from './reseal-all';

/** The key cannot be replaced; the message says what to do. */
export class RotationError extends Error {
  override readonly name = 'RotationError';
}

export interface Rotation {
  /** Values that are sealed with the new key. */
  readonly values: number;
  /** Of the new key, as it stands in what it seals. */
  readonly keyId: string;
  /** Where the new key is; undefined when the environment has it, as NEW_ENCRYPTION_KEY. */
  readonly file: string | undefined;
}

/**
 * Replaces the key that secrets in the database are sealed with: all of them at once, or none. A key in the data folder is replaced by a new one
 * and kept under another name; one of ENCRYPTION_KEY by that of NEW_ENCRYPTION_KEY.
 *
 * @throws RotationError, or BackupError when there is no database or the product runs on it
 */
export async function rotateKey(config: Config): Promise<Rotation> {
  const before = await encryptionKeyOf(config);
  const after = newKeyOf(config, before);
  const database = await reachDatabase(config);
  try {
    await requireNobody(database.client);
    await requirePresentSchema(database.url);
    return await replace(config, database.client, { before, after });
  } finally {
    await database.close();
  }
}

async function replace(
  config: Config,
  client: Client,
  { before, after }: { readonly before: Buffer; readonly after: Buffer },
): Promise<Rotation> {
  const [opener, sealer] = [new SecretsService(before), new SecretsService(after)];
  const staged = await stageKey(config, after);
  try {
    await client.query('BEGIN');
    const values = await resealAll(client, opener, sealer);
    await recordInAudit(client, 'installation.key_rotated', { values, keyId: sealer.keyId });
    // Before it is needed: whatever happens then, both keys are on the disk.
    const file = await staged.place();
    await client.query('COMMIT').catch((error: unknown) => {
      throw new RotationError(
        'The database did not say whether it has the new key. Both are kept: if Cronium cannot open its secrets, put the one before in its place again.',
        { cause: error },
      );
    });
    return { values, keyId: sealer.keyId, file };
  } finally {
    await staged.discard();
  }
}

function newKeyOf(config: Config, before: Buffer): Buffer {
  const { encryptionKey, newEncryptionKey } = config;
  if (encryptionKey && !newEncryptionKey)
    throw new RotationError(
      'The key is that of ENCRYPTION_KEY, which this cannot change. Set NEW_ENCRYPTION_KEY, or NEW_ENCRYPTION_KEY_FILE, to the new one: openssl rand -hex 32',
    );
  if (newEncryptionKey?.equals(before))
    throw new RotationError('NEW_ENCRYPTION_KEY is the key in use. Make a new one: openssl rand -hex 32');
  return newEncryptionKey ?? randomBytes(32);
}

/** Columns of another version could hold what this one does not know of. */
async function requirePresentSchema(url: string): Promise<void> {
  const dataSource = await createDataSource(url).initialize();
  try {
    const other = (await migrationStatus(dataSource)).filter(({ state }) => state !== 'applied');
    if (other.length > 0)
      throw new RotationError(
        `The database's schema is that of another version (${other.map(({ name }) => name).join(', ')}). Rotate with that version, or bring it up to date first: npm run migrate -- up`,
      );
  } finally {
    await dataSource.destroy();
  }
}

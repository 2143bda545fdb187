import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Client } from 'pg';

import type { Config } from '../config/config';
import { hasEmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded-postgres';
import { errorCode } from '../error-code';
import { keyFile, readKeyFile } from '../secrets/secrets.service';
import { BackupError } from './backup-error';

/** The database of an installation, whether the product runs or not. */
export interface ReachedDatabase {
  readonly url: string;
  readonly client: Client;
  /** Ends the embedded cluster as well, if it was started for this and nobody else has come to use it. */
  close(): Promise<void>;
}

/**
 * Connects to the configured database, or to the embedded one, which is started when it does not run.
 *
 * @param mayCreate an embedded one, when there is none
 * @throws BackupError when there is none, or it does not answer
 */
export async function reachDatabase(config: Config, { mayCreate = false } = {}): Promise<ReachedDatabase> {
  const folder = join(config.dataDir, 'postgres');
  if (!config.databaseUrl && !mayCreate && !hasEmbeddedPostgres(folder))
    throw new BackupError(
      `There is no database in ${config.dataDir}. Set CRONIUM_DATA_DIR or DATABASE_URL as for the product.`,
    );
  const embedded = config.databaseUrl ? undefined : await startEmbeddedPostgres(folder);
  const url = config.databaseUrl ?? embedded?.url ?? '';
  try {
    const client = await connect(url);
    return {
      url,
      client,
      close: async () => {
        const isAlone = embedded?.wasRunning === false && !(await hasOthers(client));
        await client.end();
        if (isAlone) await embedded.stop();
      },
    };
  } catch (error) {
    if (embedded?.wasRunning === false) await embedded.stop();
    throw error;
  }
}

/** What the secrets in the database are sealed with. Unlike the product this makes none: a new one would open nothing. */
export async function encryptionKeyOf(config: Config): Promise<Buffer> {
  if (config.encryptionKey) return config.encryptionKey;
  try {
    return await readKeyFile(config.dataDir);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    throw new BackupError(
      `There is no ${keyFile(config.dataDir)}, without which the secrets in the database cannot be opened. Set CRONIUM_DATA_DIR or ENCRYPTION_KEY as for the product.`,
    );
  }
}

/** @throws BackupError when the product is told to use another key than the one its secrets will be sealed with */
export function requireSameKey(config: Config, key: Buffer): void {
  if (config.encryptionKey && !config.encryptionKey.equals(key))
    throw new BackupError(
      'ENCRYPTION_KEY is set to another key than the one of the backup, with which its secrets are sealed. Unset it, and the key is written to the data folder; or set it to the key of the installation that was backed up.',
    );
}

/** A key that is in the data folder under another name until what it belongs to is there. */
export interface StagedKey {
  /** @returns its path; undefined when it is in ENCRYPTION_KEY */
  place(): Promise<string | undefined>;
  /** Nothing once it was placed. */
  discard(): Promise<void>;
}

/** So that a folder which takes no file is noticed before anything is changed. Mode 0600. */
export async function stageKey(config: Config, key: Buffer): Promise<StagedKey> {
  if (config.encryptionKey)
    return { place: () => Promise.resolve(undefined), discard: () => Promise.resolve() };
  const file = keyFile(config.dataDir);
  const staged = `${file}.staged`;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  await rm(staged, { force: true });
  await writeFile(staged, key.toString('hex'), { mode: 0o600, flag: 'wx', flush: true });
  return {
    place: async () => {
      await keepBefore(file, key);
      await rename(staged, file);
      return file;
    },
    discard: () => rm(staged, { force: true }),
  };
}

/** Another key that is there gets another name: what was sealed with it needs it. */
async function keepBefore(file: string, key: Buffer): Promise<void> {
  try {
    if ((await readFile(file, 'utf8')).trim() === key.toString('hex')) return;
    await rename(file, `${file}.before-${new Date().toISOString().replace(/\W/g, '')}`);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: 'cronium-backup', keepAlive: true });
  // Whoever waits for a query hears of a connection that breaks; without a listener Node would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const why = error instanceof Error ? error.message || errorCode(error) : String(error);
    throw new BackupError(`The database does not answer: ${why ?? 'no reason given'}`, { cause: error });
  }
  return client;
}

/** A product that was started meanwhile has taken the cluster over. */
async function hasOthers(client: Client): Promise<boolean> {
  try {
    const { rowCount } = await client.query(
      `SELECT 1 FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1`,
    );
    return rowCount === 1;
  } catch {
    // The connection is broken, by an interruption or by the end of the cluster.
    return false;
  }
}

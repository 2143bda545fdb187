import { randomBytes } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import type { Client } from 'pg';

import { version } from '../http/version';
import { BackupError } from './backup-error';
import { copyOut } from './copy-stream';
import { type BackupContents, readBackup } from './read-backup';
import { type BackupRecord, encodeRecord, type Manifest, type Table } from './records';
import { sealStream } from './sealed-stream';
import { copyTarget, migrationsOf, plainText, runningProcesses, tablesToBackUp } from './tables';

export interface BackupOptions {
  readonly client: Client;
  readonly encryptionKey: Buffer;
  /** Absolute path; must not exist yet. */
  readonly file: string;
  readonly passphrase: string;
  /** Ends it; nothing is left behind. */
  readonly signal?: AbortSignal;
  /** Hears of each piece of a table before it is written, and of the end of the table. */
  readonly onProgress?: (progress: Progress) => void | Promise<void>;
}

export interface Progress {
  readonly table: string;
  /** Of this table; undefined while it is not over. */
  readonly rows?: number;
  /** Of this table so far, not compressed. */
  readonly bytes: number;
}

/** Writes a backup of all that the database holds at this moment, reads it back, and gives it its name when it is right. */
export async function writeBackup(options: BackupOptions): Promise<BackupContents> {
  const { file, passphrase, signal } = options;
  requireFree(file);
  const unfinished = join(dirname(file), `.cronium-backup-${randomBytes(6).toString('hex')}`);
  try {
    await write(unfinished, options);
    const contents = await readBackup(unfinished, passphrase, signal && { signal });
    signal?.throwIfAborted();
    await giveName(unfinished, file);
    return contents;
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function write(path: string, { client, passphrase, signal, ...options }: BackupOptions): Promise<void> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  await client.query(plainText);
  const pieces = encoded(recordsOf(client, options));
  const sealed = await sealStream(passphrase);
  const sink = createWriteStream(path, { flags: 'wx', mode: 0o600, flush: true });
  await pipeline(Readable.from(pieces), createGzip(), sealed, sink, { signal });
  await client.query('COMMIT');
}

async function giveName(unfinished: string, file: string): Promise<void> {
  requireFree(file);
  await rename(unfinished, file);
  // The name, too, is to survive a loss of power.
  const folder = await open(dirname(file));
  await folder.sync().finally(() => folder.close());
}

function requireFree(file: string): void {
  if (existsSync(file)) throw new BackupError(`${file} is there already. Choose another name.`);
}

async function* encoded(records: AsyncIterable<BackupRecord>): AsyncGenerator<Buffer> {
  for await (const record of records) yield encodeRecord(record);
}

type Source = Pick<BackupOptions, 'encryptionKey' | 'onProgress'>;

async function* recordsOf(
  client: Client,
  { encryptionKey, onProgress }: Source,
): AsyncGenerator<BackupRecord> {
  yield { kind: 'm', value: await manifestOf(client, encryptionKey) };
  const tables = await tablesToBackUp(client);
  let rows = 0;
  for (const table of tables) {
    yield { kind: 't', value: table };
    const count = yield* rowsOf(client, table, onProgress);
    yield { kind: 'e', value: { rows: count } };
    rows += count;
  }
  yield { kind: 'z', value: { tables: tables.length, rows } };
}

async function* rowsOf(
  client: Client,
  table: Table,
  onProgress: BackupOptions['onProgress'],
): AsyncGenerator<BackupRecord, number> {
  const copy = copyOut(client, `COPY ${copyTarget(client, table)} TO STDOUT`);
  let bytes = 0;
  for await (const rows of copy as AsyncIterable<Buffer>) {
    bytes += rows.length;
    await onProgress?.({ table: table.name, bytes });
    yield { kind: 'd', rows };
  }
  await onProgress?.({ table: table.name, rows: copy.rows, bytes });
  return copy.rows;
}

async function manifestOf(client: Client, encryptionKey: Buffer): Promise<Manifest> {
  const migrations = await migrationsOf(client);
  if (!migrations)
    throw new BackupError('There is nothing to back up: Cronium has never run on this database.');
  const { rows } = await client.query<{ postgres: string; database: string; createdAt: Date }>(
    `SELECT current_setting('server_version') AS postgres, current_database() AS database, now() AS "createdAt"`,
  );
  const [about] = rows;
  return {
    product: version,
    postgres: about?.postgres ?? '',
    database: about?.database ?? '',
    createdAt: (about?.createdAt ?? new Date()).toISOString(),
    migrations,
    wasRunning: (await runningProcesses(client)).length > 0,
    encryptionKey: encryptionKey.toString('hex'),
  };
}

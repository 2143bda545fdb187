import type { ClientBase } from 'pg';
import { MigrationExecutor, type QueryRunner } from 'typeorm';

import { createDataSource, migrations } from '../database/data-source';
import { version } from '../http/version';
import { BackupError } from './backup-error';
import { recordInAudit } from './backup-log';
import { copyIn } from './copy-stream';
import { type BackupContents, readBackup } from './read-backup';
import type { Manifest, Table } from './records';
import { copyTarget, dropAll, migrationsTable, plainText, tableNames } from './tables';
import { endUnendedJobs, type UnendedJobs } from './unended-jobs';
import type { Progress } from './write-backup';

export interface RestoreOptions {
  /** Connection string of a database whose contents may go; see `requireRestorable`. */
  readonly url: string;
  readonly file: string;
  readonly passphrase: string;
  /** Ends it; nothing is changed. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Restored {
  readonly contents: BackupContents;
  readonly jobs: UnendedJobs;
  /** Tables that were in the database beside Cronium's. */
  readonly passedOver: readonly string[];
}

/** Names of the migrations of this version. */
export function knownMigrations(): string[] {
  return migrations.map(({ name }) => name);
}

/** @throws BackupError when rows of it would have no place here */
export function requireKnownSchema({ migrations, product }: Manifest, known: readonly string[]): void {
  const unknown = migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new BackupError(
      `The backup was made by a newer Cronium (${product}; this is ${version}), whose database has changes that are not known here: ${unknown.join(', ')}. Update Cronium first.`,
    );
}

/**
 * Puts a backup in the place of all that the database holds, in one transaction: until it commits, nothing is changed. The schema is made by
 * the migrations that had run when the backup was made; those that came since run on the restored rows.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const dataSource = await createDataSource(options.url).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await runner.startTransaction();
    const restored = await new Restore(runner, options).run();
    options.signal?.throwIfAborted();
    await runner.commitTransaction();
    // Until Postgres knows how many rows there are, it plans as if there were none.
    await runner.query('ANALYZE');
    return restored;
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
    throw error;
  } finally {
    await runner.release();
    await dataSource.destroy();
  }
}

class Restore {
  private readonly passedOver: string[] = [];
  private present: ReadonlySet<string> = new Set();

  constructor(
    private readonly runner: QueryRunner,
    private readonly options: RestoreOptions,
  ) {}

  async run(): Promise<Restored> {
    const client = (await this.runner.connect()) as ClientBase;
    await client.query(plainText);
    const contents = await readBackup(this.options.file, this.options.passphrase, {
      ...(this.options.signal && { signal: this.options.signal }),
      manifest: (manifest) => this.prepare(client, manifest),
      table: (table, rows) => this.fill(client, table, rows),
    });
    await this.migrate();
    const jobs = await endUnendedJobs(client, contents.manifest);
    const { createdAt, product } = contents.manifest;
    await recordInAudit(client, 'installation.restored', { createdAt, product, ...jobs });
    return { contents, jobs, passedOver: this.passedOver };
  }

  /** Empty tables, as they were when the backup was made. */
  private async prepare(client: ClientBase, manifest: Manifest): Promise<void> {
    requireKnownSchema(manifest, knownMigrations());
    await dropAll(client);
    await this.migrate(new Set(manifest.migrations));
    const names = (await tableNames(client)).filter((name) => name !== migrationsTable);
    this.present = new Set(names);
    // What migrations insert is among the rows of the backup.
    await client.query(`TRUNCATE ${names.map((name) => client.escapeIdentifier(name)).join(', ')}`);
  }

  private async fill(client: ClientBase, table: Table, rows: AsyncIterable<Buffer>): Promise<void> {
    if (!this.present.has(table.name)) {
      this.passedOver.push(table.name);
      return;
    }
    const name = client.escapeIdentifier(table.name);
    // What triggers would add is among the rows already.
    await client.query(`ALTER TABLE ${name} DISABLE TRIGGER USER`);
    const count = await copyIn(
      client,
      `COPY ${copyTarget(client, table)} FROM STDIN`,
      this.counted(table, rows),
    );
    await client.query(`ALTER TABLE ${name} ENABLE TRIGGER USER`);
    await goOnCounting(client, table);
    this.options.onProgress?.({ table: table.name, rows: count, bytes: 0 });
  }

  private async *counted(table: Table, rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const piece of rows) {
      bytes += piece.length;
      this.options.onProgress?.({ table: table.name, bytes });
      yield piece;
    }
  }

  /** Within the transaction that is under way. @param only these, otherwise all */
  private async migrate(only?: ReadonlySet<string>): Promise<void> {
    const executor = new SomeMigrations(this.runner.dataSource, this.runner);
    executor.only = only;
    executor.transaction = 'none';
    await executor.executePendingMigrations();
  }
}

class SomeMigrations extends MigrationExecutor {
  only: ReadonlySet<string> | undefined;

  protected override getMigrations() {
    return super.getMigrations().filter(({ name }) => this.only?.has(name) !== false);
  }
}

/** A number that a table counts up itself goes on after the highest that was restored. */
async function goOnCounting(client: ClientBase, { name, columns }: Table): Promise<void> {
  for (const column of columns) {
    const { rows } = await client.query<{ sequence: string | null }>(
      'SELECT pg_get_serial_sequence($1, $2) AS sequence',
      [client.escapeIdentifier(name), column],
    );
    const sequence = rows[0]?.sequence;
    if (sequence == null) continue;
    const [table, key] = [client.escapeIdentifier(name), client.escapeIdentifier(column)];
    await client.query(`SELECT setval($1, coalesce(max(${key}), 0) + 1, false) FROM ${table}`, [sequence]);
  }
}

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';

import { BackupError } from './backup-error';
import { type BackupRecord, decodeRecords, type Manifest, type Table } from './records';
import { openSealed } from './sealed-stream';

/** What a backup holds. */
export interface BackupContents {
  readonly manifest: Manifest;
  readonly tables: readonly { readonly name: string; readonly rows: number }[];
  readonly rows: number;
}

/** What is done with a backup as it is read; nothing: then it is only checked. */
export interface BackupVisitor {
  /** Ends the reading. */
  readonly signal?: AbortSignal;
  manifest?(manifest: Manifest): Promise<void>;
  /** @param rows in Postgres' text format for COPY; what is not read of them is passed over */
  table?(table: Table, rows: AsyncIterable<Buffer>): Promise<void>;
}

/**
 * Reads a backup from its first to its last byte.
 *
 * @throws BackupError when anything about it is not right, maybe after the visitor has seen a part
 */
export async function readBackup(
  path: string,
  passphrase: string,
  visitor: BackupVisitor = {},
): Promise<BackupContents> {
  const gunzip = createGunzip();
  const reading = new AbortController();
  const signal = AbortSignal.any([reading.signal, ...(visitor.signal ? [visitor.signal] : [])]);
  const source = Readable.from(openSealed(path, passphrase));
  // What it fails with comes out of the iteration below.
  pipeline(source, gunzip, { signal }).catch(() => undefined);
  try {
    return await new Reader(decodeRecords(gunzip), visitor).read();
  } finally {
    reading.abort();
  }
}

class Reader {
  private readonly tables: { name: string; rows: number }[] = [];

  constructor(
    private readonly records: AsyncGenerator<BackupRecord>,
    private readonly visitor: BackupVisitor,
  ) {}

  async read(): Promise<BackupContents> {
    const first = await this.next();
    if (first.kind !== 'm') throw outOfOrder(first);
    await this.visitor.manifest?.(first.value);
    for (;;) {
      const record = await this.next();
      if (record.kind === 't') await this.readTable(record.value);
      else if (record.kind === 'z') return await this.end(first.value, record.value);
      else throw outOfOrder(record);
    }
  }

  private async readTable(table: Table): Promise<void> {
    let rows = 0;
    let told: number | undefined;
    const next = this.next.bind(this);
    const data = (async function* () {
      for (;;) {
        const record = await next();
        if (record.kind === 'd') {
          rows += linesIn(record.rows);
          yield record.rows;
        } else if (record.kind === 'e') {
          told = record.value.rows;
          return;
        } else throw outOfOrder(record);
      }
    })();
    await this.visitor.table?.(table, data);
    while ((await data.next()).done !== true);
    if (rows !== told)
      throw new BackupError(
        `The backup has ${rows} rows of ${table.name}, where it says it has ${told ?? 0}.`,
      );
    this.tables.push({ name: table.name, rows });
  }

  private async end(manifest: Manifest, told: { tables: number; rows: number }): Promise<BackupContents> {
    if ((await this.records.next()).done !== true) throw new BackupError('The backup goes on after its end.');
    const rows = this.tables.reduce((sum, table) => sum + table.rows, 0);
    if (told.tables !== this.tables.length || told.rows !== rows)
      throw new BackupError(
        `The backup has ${rows} rows in ${this.tables.length} tables, where it says it has ${told.rows} in ${told.tables}.`,
      );
    return { manifest, tables: this.tables, rows };
  }

  private async next(): Promise<BackupRecord> {
    const next = await this.records.next();
    if (next.done === true) throw new BackupError('The backup ends before its last record.');
    return next.value;
  }
}

/** COPY's text format has one line a row, and writes a newline within a value as `\n`. */
function linesIn(rows: Buffer): number {
  let count = 0;
  for (let at = rows.indexOf(10); at !== -1; at = rows.indexOf(10, at + 1)) count += 1;
  return count;
}

function outOfOrder({ kind }: BackupRecord): BackupError {
  return new BackupError(`The backup has a record of kind “${kind}” where none belongs.`);
}

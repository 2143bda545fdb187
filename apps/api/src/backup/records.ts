import * as z from 'zod';

import { BackupError } from './backup-error';

/** What a backup says of itself; the first record. */
export const manifestSchema = z.object({
  /** Cronium's version that made it. */
  product: z.string(),
  postgres: z.string(),
  database: z.string(),
  createdAt: z.iso.datetime(),
  /** Names of the migrations that had run: the schema of the rows. */
  migrations: z.array(z.string()),
  /** A process of the installation was at work: what was queued then may have run since. */
  wasRunning: z.boolean(),
  /** What the secrets among the rows are sealed with, in hex. */
  encryptionKey: z.string().regex(/^[0-9a-f]{64}$/),
});
export type Manifest = z.infer<typeof manifestSchema>;

export const tableSchema = z.object({ name: z.string(), columns: z.array(z.string()) });
export type Table = z.infer<typeof tableSchema>;

export const countSchema = z.object({ rows: z.number().int() });
export const endSchema = z.object({ tables: z.number().int(), rows: z.number().int() });

const kinds = { m: manifestSchema, t: tableSchema, e: countSchema, z: endSchema };

/**
 * A backup is a stream of records: `m`, its manifest; for each table `t`, as many `d` with rows in Postgres' text format for COPY as it takes,
 * and `e`, how many rows they were; and `z` at the end. A record is its kind (1 byte), the length of what follows (4 bytes), and JSON or rows.
 */
export type BackupRecord =
  | { readonly kind: 'm'; readonly value: Manifest }
  | { readonly kind: 't'; readonly value: Table }
  | { readonly kind: 'd'; readonly rows: Buffer }
  | { readonly kind: 'e'; readonly value: z.infer<typeof countSchema> }
  | { readonly kind: 'z'; readonly value: z.infer<typeof endSchema> };

const frameBytes = 5;

export function encodeRecord(record: BackupRecord): Buffer {
  const body = record.kind === 'd' ? record.rows : Buffer.from(JSON.stringify(record.value));
  const frame = Buffer.alloc(frameBytes);
  frame.write(record.kind, 'latin1');
  frame.writeUInt32BE(body.length, 1);
  return Buffer.concat([frame, body]);
}

/** @throws BackupError for what no backup has */
export async function* decodeRecords(source: AsyncIterable<Buffer>): AsyncGenerator<BackupRecord> {
  const bytes = new Bytes(source);
  for (;;) {
    const frame = await bytes.take(frameBytes);
    if (!frame) return;
    const kind = frame.toString('latin1', 0, 1);
    const body = await bytes.take(frame.readUInt32BE(1));
    if (!body) throw new BackupError('The backup ends within a record.');
    yield decode(kind, body);
  }
}

function decode(kind: string, body: Buffer): BackupRecord {
  if (kind === 'd') return { kind, rows: body };
  const schema = kind in kinds ? kinds[kind as keyof typeof kinds] : undefined;
  if (!schema) throw new BackupError(`The backup has a record of kind “${kind}”, which is not known here.`);
  const parsed = schema.safeParse(JSON.parse(body.toString()));
  if (!parsed.success)
    throw new BackupError('A record of the backup is not as it should be.', { cause: parsed.error });
  return { kind, value: parsed.data } as BackupRecord;
}

/** Takes pieces of any length from a stream. */
class Bytes {
  private readonly source: AsyncIterator<Buffer>;
  private held: Buffer[] = [];
  private heldBytes = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** Undefined when the stream has ended before. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.heldBytes < length) {
      const next = await this.source.next();
      if (next.done === true) return undefined;
      this.held.push(next.value);
      this.heldBytes += next.value.length;
    }
    const all = this.held.length === 1 ? this.held[0] : undefined;
    const joined = all ?? Buffer.concat(this.held);
    this.held = [joined.subarray(length)];
    this.heldBytes -= length;
    return joined.subarray(0, length);
  }
}

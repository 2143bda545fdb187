import { once } from 'node:events';
import { type Duplex, Readable } from 'node:stream';

import type { ClientBase, Connection, Submittable } from 'pg';

/** Postgres sends a message a row: they are passed on together. */
const pieceBytes = 64 * 1024;

/** Of pg's connection, what COPY needs; pg has it for such streams, its types do not tell. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
  sendCopyFail(message: string): void;
}

/** The data of `COPY … TO STDOUT`; the socket waits while nobody reads, so that memory stays bounded. */
export function copyOut(client: ClientBase, statement: string): CopyOut {
  return client.query(new CopyOut(statement));
}

/**
 * Runs `COPY … FROM STDIN` with what `source` gives.
 *
 * @returns the rows that Postgres took
 * @throws the error of the source, or Postgres'
 */
export function copyIn(
  client: ClientBase,
  statement: string,
  source: AsyncIterable<Buffer>,
): Promise<number> {
  return new Promise((resolve, reject) => {
    client.query(new CopyIn(statement, source, resolve, reject));
  });
}

export class CopyOut extends Readable implements Submittable {
  private socket: Duplex | undefined;
  private pieces: Buffer[] = [];
  private bytes = 0;
  private isOver = false;
  /** As Postgres counts them; known at the end of the stream. */
  rows = 0;

  constructor(private readonly statement: string) {
    super({ highWaterMark: 4 * pieceBytes });
  }

  submit(connection: Connection): void {
    this.socket = connection.stream;
    connection.query(this.statement);
  }

  override _read(): void {
    this.socket?.resume();
  }

  /** Nobody wants the rest: Postgres hears it by the end of the connection. */
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.isOver) this.socket?.destroy();
    done(error);
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // The parser uses its buffer again.
    this.pieces.push(Buffer.from(chunk));
    this.bytes += chunk.length;
    if (this.bytes >= pieceBytes) this.passOn();
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.rows = rowsOf(text);
  }

  handleReadyForQuery(): void {
    this.isOver = true;
    this.passOn();
    this.push(null);
  }

  handleError(error: Error): void {
    this.isOver = true;
    this.destroy(error);
  }

  private passOn(): void {
    if (this.pieces.length === 0 || this.destroyed) return;
    const isWanted = this.push(Buffer.concat(this.pieces));
    this.pieces = [];
    this.bytes = 0;
    if (!isWanted && !this.isOver) this.socket?.pause();
  }
}

class CopyIn implements Submittable {
  private readonly over = new AbortController();
  private count = 0;
  /** Why the source could not give all. */
  private failure: unknown;

  constructor(
    private readonly statement: string,
    private readonly source: AsyncIterable<Buffer>,
    private readonly resolve: (rows: number) => void,
    private readonly reject: (error: unknown) => void,
  ) {}

  submit(connection: Connection): void {
    connection.query(this.statement);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    this.send(connection).catch((error: unknown) => {
      if (this.over.signal.aborted) return;
      this.failure = error;
      connection.sendCopyFail('The source of the rows failed.');
    });
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.count = rowsOf(text);
  }

  handleReadyForQuery(): void {
    this.resolve(this.count);
  }

  handleError(error: Error): void {
    this.over.abort();
    this.reject(this.failure ?? error);
  }

  private async send(connection: CopyConnection): Promise<void> {
    const { signal } = this.over;
    for await (const chunk of this.source) {
      if (signal.aborted) return;
      connection.sendCopyFromChunk(chunk);
      if (connection.stream.writableNeedDrain) await once(connection.stream, 'drain', { signal });
    }
    connection.endCopyFrom();
  }
}

/** Of a command tag: `COPY 12`. */
function rowsOf(tag: string): number {
  return Number(tag.split(' ')[1] ?? 0);
}

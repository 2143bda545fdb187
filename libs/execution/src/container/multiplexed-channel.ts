import type { Duplex } from 'node:stream';

import type { RunnerChannel, RunnerChannelListener } from '../runner/runner-channel';

const HEADER_BYTES = 8;
export const STDOUT = 1;
export const STDERR = 2;
const DIAGNOSTICS_BYTES = 4096;

/** The header of a piece of one stream, of this length. */
export function pieceHeader(stream: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(length, 4);
  return header;
}

/**
 * Docker's attach and exec streams: stdin goes up raw, stdout and stderr come down in pieces with an 8-byte header
 * (stream, three zeros, length). stdout is the runner's protocol, the end of stderr is kept for diagnostics.
 */
export class MultiplexedChannel implements RunnerChannel {
  private header: Buffer = Buffer.alloc(0);
  private remaining = 0;
  private stream = STDOUT;
  private errors = '';
  private listener: RunnerChannelListener | undefined;
  private listening = false;
  private closed = false;

  constructor(private readonly socket: Duplex) {}

  listen(listener: RunnerChannelListener): void {
    this.listener = listener;
    if (this.listening) {
      return;
    }
    this.listening = true;
    this.socket.on('data', (chunk: Buffer) => this.demultiplex(chunk));
    this.socket.on('end', () => this.end(undefined));
    this.socket.on('close', () => this.end(undefined));
    this.socket.on('error', (error) => this.end(error));
    this.socket.resume();
  }

  send(data: Buffer): void {
    if (!this.closed) {
      this.socket.write(data);
    }
  }

  diagnostics(): string {
    return this.errors;
  }

  close(): void {
    this.closed = true;
    this.listener = undefined;
    this.socket.destroy();
  }

  private end(cause: Error | undefined): void {
    const listener = this.listener;
    this.close();
    listener?.onClose(cause);
  }

  private demultiplex(chunk: Buffer): void {
    let data = chunk;
    while (data.length > 0 && !this.closed) {
      if (this.remaining === 0) {
        const missing = HEADER_BYTES - this.header.length;
        this.header =
          this.header.length === 0
            ? data.subarray(0, missing)
            : Buffer.concat([this.header, data.subarray(0, missing)]);
        data = data.subarray(missing);
        if (this.header.length < HEADER_BYTES) {
          return;
        }
        this.stream = this.header.readUInt8(0);
        this.remaining = this.header.readUInt32BE(4);
        this.header = Buffer.alloc(0);
        continue;
      }
      const piece = data.subarray(0, this.remaining);
      data = data.subarray(piece.length);
      this.remaining -= piece.length;
      if (this.stream === STDOUT) {
        this.listener?.onData(piece);
      } else {
        this.errors = (this.errors + piece.toString('utf8')).slice(-DIAGNOSTICS_BYTES);
      }
    }
  }
}

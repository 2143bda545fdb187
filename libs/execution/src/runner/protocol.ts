/** The framed protocol of program/stream.py, described at its beginning. */
export const PROTOCOL_VERSION = 1;

export enum FrameType {
  Hello = 1,
  Started = 2,
  Stdout = 3,
  Stderr = 4,
  Request = 5,
  End = 6,
  Usage = 7,
  Host = 8,
  Job = 16,
  Ack = 17,
  Answer = 18,
  Cancel = 19,
  Resume = 20,
  Bye = 21,
  KeepAlive = 22,
}

export interface Frame {
  readonly type: number;
  /** 0 for hello, usage and host, and for everything a client sends. */
  readonly seq: number;
  readonly payload: Buffer;
}

const MAGIC = 0x4372;
const HEADER_BYTES = 12;
/** A runner's largest frame is a helper request: 1 MiB of JSON, which escaping may lengthen sixfold. */
const MAX_PAYLOAD_BYTES = 8 * 1024 * 1024;

/** Sent first on a stream: the runner forgets a frame that an earlier client left unfinished. */
export const RESET = Buffer.alloc(16, 0xff);

/** What arrived is not this protocol, or a version of it that this side does not know. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
}

export function encodeFrame(type: FrameType, message: object): Buffer {
  const text = JSON.stringify(message);
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  frame.writeUInt16BE(MAGIC, 0);
  frame.writeUInt8(PROTOCOL_VERSION, 2);
  frame.writeUInt8(type, 3);
  frame.writeUInt32BE(0, 4);
  frame.writeUInt32BE(length, 8);
  frame.write(text, HEADER_BYTES, 'utf8');
  return frame;
}

/** A frame as a runner sends it; for what stands in for one. */
export function encodeRunnerFrame(type: FrameType, seq: number, payload: Buffer): Buffer {
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  header.writeUInt16BE(MAGIC, 0);
  header.writeUInt8(PROTOCOL_VERSION, 2);
  header.writeUInt8(type, 3);
  header.writeUInt32BE(seq, 4);
  header.writeUInt32BE(payload.length, 8);
  return Buffer.concat([header, payload]);
}

/**
 * Cuts a byte stream into frames. A payload is a view into what arrived where possible; a frame that came in pieces is joined
 * once, when its last piece is here, so that the work stays linear.
 */
export class FrameParser {
  private pieces: Buffer[] = [];
  private pendingBytes = 0;
  private neededBytes = HEADER_BYTES;

  /** Throws `ProtocolError`; the parser is of no use after that. */
  push(chunk: Buffer, onFrame: (frame: Frame) => void): void {
    this.pieces.push(chunk);
    this.pendingBytes += chunk.length;
    if (this.pendingBytes < this.neededBytes) {
      return;
    }
    let data = this.pieces.length === 1 ? chunk : Buffer.concat(this.pieces, this.pendingBytes);
    this.neededBytes = HEADER_BYTES;
    while (data.length >= this.neededBytes) {
      const frame = this.read(data);
      if (frame === undefined) {
        continue;
      }
      data = data.subarray(HEADER_BYTES + frame.payload.length);
      this.neededBytes = HEADER_BYTES;
      onFrame(frame);
    }
    this.pieces = data.length > 0 ? [data] : [];
    this.pendingBytes = data.length;
  }

  /** What has come of a frame that is not whole yet. */
  get unread(): Buffer {
    return Buffer.concat(this.pieces, this.pendingBytes);
  }

  /** The frame at the beginning, or undefined after raising what is needed for it. */
  private read(data: Buffer): Frame | undefined {
    if (data.readUInt16BE(0) !== MAGIC) {
      throw new ProtocolError('The stream does not carry the runner’s protocol.');
    }
    const version = data.readUInt8(2);
    if (version !== PROTOCOL_VERSION) {
      throw new ProtocolError(`The runner speaks version ${version}; this side knows ${PROTOCOL_VERSION}.`);
    }
    const length = data.readUInt32BE(8);
    if (length > MAX_PAYLOAD_BYTES) {
      throw new ProtocolError(`A frame of ${length} bytes is longer than any runner sends.`);
    }
    const end = HEADER_BYTES + length;
    this.neededBytes = end;
    if (data.length < end) {
      return undefined;
    }
    return { type: data.readUInt8(3), seq: data.readUInt32BE(4), payload: data.subarray(HEADER_BYTES, end) };
  }
}

/** Passes nothing on until the marker has gone by: what a broken stream still held is not ours. */
export class MarkerSkipper {
  private tail: Buffer = Buffer.alloc(0);

  constructor(private readonly marker: Buffer) {}

  /** What follows the marker, or undefined while it has not come. */
  push(chunk: Buffer): Buffer | undefined {
    const data = this.tail.length === 0 ? chunk : Buffer.concat([this.tail, chunk]);
    const at = data.indexOf(this.marker);
    if (at >= 0) {
      return data.subarray(at + this.marker.length);
    }
    this.tail = data.subarray(Math.max(0, data.length - this.marker.length + 1));
    return undefined;
  }
}

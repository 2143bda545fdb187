import type { LogStream } from '@cronium/contracts';

/** Stored output, or a part of it that begins with a piece of a line. */
export interface StoredOutput {
  readonly firstSeq: number;
  readonly stream: LogStream;
  readonly at: Date;
  readonly data: Buffer;
}

/** An entry of a log, as bytes: a line or a piece of one. */
export interface Piece {
  readonly seq: number;
  readonly stream: LogStream;
  readonly at: Date;
  /** Where it begins in what it was cut from. */
  readonly start: number;
  readonly data: Buffer;
  readonly endsLine: boolean;
}

/** A line as a person reads it. `seq` and `at` are of its first piece. */
export interface Line {
  readonly seq: number;
  readonly stream: LogStream;
  readonly at: Date;
  /** Without the newline and without what only a terminal understands. */
  readonly text: string;
}

const newline = 0x0a;
/** Of a line that does not end, in bytes. What follows is the next line. */
const longestLine = 64 * 1024;

// Escape sequences as ECMA-48 has them: CSI, strings up to BEL or ST, those of two characters; and control characters but for the tab.
const escapes =
  /\x1b\[[0-?]*[ -/]*(?:[@-~]|$)|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*(?:[0-~]|$)|\r$|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g;
/** What a progress bar writes over itself stays apart. */
const overwritten = /\r/g;

export function* piecesOf({ firstSeq, stream, at, data }: StoredOutput): Generator<Piece> {
  for (let seq = firstSeq, start = 0; start < data.length; seq += 1) {
    const end = data.indexOf(newline, start);
    const next = end === -1 ? data.length : end + 1;
    yield { seq, stream, at, start, data: data.subarray(start, next), endsLine: end !== -1 };
    start = next;
  }
}

/** Puts the pieces of lines together, each stream for itself. */
export class LineJoiner {
  private readonly open = new Map<LogStream, { first: Piece; parts: Buffer[]; bytes: number }>();
  private joined: Line[] = [];

  add(piece: Piece): void {
    const { stream, data } = piece;
    const line = this.open.get(stream) ?? { first: piece, parts: [], bytes: 0 };
    line.parts.push(data);
    line.bytes += data.length;
    this.open.set(stream, line);
    if (piece.endsLine || line.bytes >= longestLine) this.end(stream);
  }

  /** Whether a line is still without its end. */
  get isOpen(): boolean {
    return this.open.size > 0;
  }

  /** The lines so far, by where they begin, also those that are still without their end. */
  take(): Line[] {
    for (const stream of [...this.open.keys()]) this.end(stream);
    const lines = this.joined.sort((one, other) => one.seq - other.seq);
    this.joined = [];
    return lines;
  }

  private end(stream: LogStream): void {
    const line = this.open.get(stream);
    if (!line) return;
    this.open.delete(stream);
    const { seq, at } = line.first;
    const text = plain(Buffer.concat(line.parts).toString('utf8'));
    this.joined.push({ seq, at, stream, text });
  }
}

function plain(text: string): string {
  return text.replace(/\n$/, '').replace(escapes, '').replace(overwritten, ' ');
}

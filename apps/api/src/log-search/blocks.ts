import type { LogStream } from '@cronium/contracts';

import { type Line, LineJoiner, type Piece, piecesOf, type StoredOutput } from './log-lines';

/** Lines of a job that follow each other, and where their bytes are. */
export interface Block {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The chunk that it begins in, by its first entry. */
  readonly chunkSeq: number;
  /** Bytes of that chunk before it. */
  readonly skip: number;
  readonly bytes: number;
  /** Of its last piece. */
  readonly at: Date;
  readonly streams: ReadonlySet<LogStream>;
  readonly lines: readonly Line[];
}

/** When a block is full: a smaller one is found more exactly, a larger one costs less. */
const bounds = { lines: 128, bytes: 16 * 1024, mostBytes: 64 * 1024 };
/** The pieces of a block were written within this time: a search looks so much around a time. */
export const blockMs = 10_000;

/**
 * Cuts a job's output into blocks.
 *
 * @param after entries that are in earlier blocks
 * @param until the last block is not yet full when its first piece was written after this; null when no more comes
 */
export function toBlocks(chunks: readonly StoredOutput[], after: number, until: Date | null): Block[] {
  const blocks: Block[] = [];
  let draft: Draft | undefined;
  const close = () => {
    if (draft) blocks.push(draft.toBlock());
    draft = undefined;
  };
  for (const chunk of chunks)
    for (const piece of piecesOf(chunk)) {
      if (piece.seq <= after) continue;
      if (draft && !draft.mayTake(piece)) close();
      draft ??= new Draft(chunk.firstSeq, piece);
      draft.add(piece);
      if (draft.isFull) close();
    }
  if (draft && (until === null || draft.first.at <= until)) close();
  return blocks;
}

/** The lines of a block, from what is stored of it. */
export function linesOf(output: readonly StoredOutput[], lastSeq: number): Line[] {
  const joiner = new LineJoiner();
  for (const part of output) for (const piece of piecesOf(part)) if (piece.seq <= lastSeq) joiner.add(piece);
  return joiner.take();
}

class Draft {
  private readonly joiner = new LineJoiner();
  private readonly streams = new Set<LogStream>();
  private last: Piece;
  private bytes = 0;
  private pieces = 0;

  constructor(
    private readonly chunkSeq: number,
    readonly first: Piece,
  ) {
    this.last = first;
  }

  mayTake(piece: Piece): boolean {
    return piece.at.getTime() - this.first.at.getTime() < blockMs;
  }

  add(piece: Piece): void {
    this.joiner.add(piece);
    this.streams.add(piece.stream);
    this.last = piece;
    this.bytes += piece.data.length;
    this.pieces += 1;
  }

  /** A line is not cut when its end is near. */
  get isFull(): boolean {
    const isEnough = this.pieces >= bounds.lines || this.bytes >= bounds.bytes;
    return isEnough && (!this.joiner.isOpen || this.bytes >= bounds.mostBytes);
  }

  toBlock(): Block {
    const { chunkSeq, bytes, streams } = this;
    const { seq: firstSeq, start: skip } = this.first;
    return {
      ...{ chunkSeq, bytes, streams, firstSeq, skip },
      ...{ lastSeq: this.last.seq, at: this.last.at, lines: this.joiner.take() },
    };
  }
}

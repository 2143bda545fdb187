import type { SecretSearch } from './secret-search';

/** What stands in place of a secret, in logs and in the script's output value. */
export const maskText = '••••••';
const maskBytes = Buffer.from(maskText);

/** Where a secret stands in the stream, in bytes from its beginning. */
interface Span {
  start: number;
  end: number;
  /** Its bullets have been given out. */
  shown: boolean;
}

/** Long secrets followed at one time. A secret that repeats itself is begun anew at each repetition; the first few cover the others. */
const followedAtOnce = 6;

/** Finds the secrets in one stream of bytes, wherever the stream is cut, and takes them out of its pieces. */
export class StreamMask {
  private node = 0;
  private position = 0;
  private spans: Span[] = [];
  private readonly following: { readonly rest: Buffer; at: number }[] = [];

  constructor(private readonly search: SecretSearch) {}

  /** Bytes seen. */
  get length(): number {
    return this.position;
  }

  /** Up to where it is known what is secret: behind it may be the beginning of one. */
  get settled(): number {
    return this.position - (this.search.depth[this.node] ?? 0);
  }

  /** Looks at the bytes that come next. */
  scan(data: Buffer): void {
    const { search } = this;
    const { dense, table, found } = search;
    let node = this.node;
    for (let index = 0; index < data.length; index += 1) {
      if (node === 0 && this.following.length === 0) index = search.skip(data, index);
      const byte = data[index] ?? 0;
      // Nearly every byte takes the first way; the call would halve the speed.
      node = node < dense ? (table[(node << 8) | byte] ?? 0) : search.step(node, byte);
      if (this.following.length > 0) this.follow(byte, this.position + index + 1);
      if (found[node] !== 0) this.note(node, this.position + index + 1);
    }
    this.node = node;
    this.position += data.length;
  }

  /** The piece with its secrets masked. Pieces are to be given in order, each once. */
  apply(data: Buffer, start: number): Buffer {
    const end = start + data.length;
    const parts: Buffer[] = [];
    let from = 0;
    for (const span of this.spans) {
      if (span.end <= start + from || span.start >= end) continue;
      parts.push(data.subarray(from, Math.max(from, span.start - start)));
      if (!span.shown) parts.push(maskBytes);
      span.shown = true;
      from = Math.min(span.end - start, data.length);
    }
    // The last one is kept: a long secret may go on in the next piece.
    this.spans = this.spans.filter((span, index, { length }) => span.end > end || index === length - 1);
    return parts.length === 0 ? data : Buffer.concat([...parts, data.subarray(from)]);
  }

  /** A secret, or the head of one, ends here. */
  private note(node: number, end: number): void {
    const start = end - (this.search.found[node] ?? 0);
    const present = this.spans.at(-1);
    if (present && present.start <= start && start < present.end) {
      present.end = end;
    } else {
      this.cover({ start, end, shown: false });
    }
    if (this.following.length >= followedAtOnce) return;
    for (const rest of this.search.restsAt(node)) this.following.push({ rest, at: 0 });
  }

  /** Adds a span, and makes it one with those it overlaps. */
  private cover(span: Span): void {
    for (let last = this.spans.at(-1); last && last.end > span.start; last = this.spans.at(-1)) {
      span.start = Math.min(span.start, last.start);
      span.shown ||= last.shown;
      this.spans.pop();
    }
    this.spans.push(span);
  }

  /** Masks a byte that is how a secret goes on, whose head was found. Changes the list in place: it is called for each byte. */
  private follow(byte: number, end: number): void {
    let going = 0;
    let matched = false;
    for (const followed of this.following) {
      if (followed.rest[followed.at] !== byte) continue;
      matched = true;
      followed.at += 1;
      if (followed.at === followed.rest.length) continue;
      this.following[going] = followed;
      going += 1;
    }
    if (going < this.following.length) this.following.length = going;
    const last = this.spans.at(-1);
    if (matched && last) last.end = end;
  }
}

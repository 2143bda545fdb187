import { formsOf, type SecretForm, shortestSecret } from './secret-forms';

/** Nodes whose step is one look into a table; deeper ones, which ordinary text does not reach, go from child to child. */
const denseNodes = 256;
/** A head is at least 4 bytes long: of any 3 places in a row where it may begin, the last one's pair of bytes lies in it. */
const stride = shortestSecret - 1;

/** What follows a head that ends at a node, if anything does. */
interface Ending {
  readonly forms: SecretForm[];
  rests: Buffer[] | undefined;
}

/**
 * All forms of all secrets of a job, compiled into one Aho–Corasick automaton over bytes: the time a byte takes depends neither on how many
 * secrets there are nor on what they and the output look like. Before it stands a filter that looks at every third pair of bytes only. Nodes
 * are numbered in the order of their depth; 0 is the root. Immutable, shared by the streams of a job.
 */
export class SecretSearch {
  /** Depth of each node: how many of the last bytes may be the beginning of a secret. */
  readonly depth: Uint16Array;
  /** Length of the longest head that ends at each node; 0 when none does. */
  readonly found: Uint16Array;
  /** How many of the first nodes have a row in `table`: the next node for each byte. */
  readonly dense: number;
  readonly table: Uint32Array;
  private readonly firstChild: Uint32Array;
  private readonly nextSibling: Uint32Array;
  private readonly byteOf: Uint8Array;
  private readonly fallback: Uint32Array;
  private readonly endings = new Map<number, Ending>();
  /** 1 for pairs of bytes that stand at one of the first `stride` places of a head. */
  private readonly pairs = new Uint8Array(65_536);

  /** @returns null when there is nothing to look for */
  static for(values: readonly string[]): SecretSearch | null {
    const forms = [...new Set(values)].flatMap(formsOf);
    return forms.length === 0 ? null : new SecretSearch(forms);
  }

  private constructor(forms: readonly SecretForm[]) {
    const trie = new Trie(forms);
    const { size } = trie;
    this.dense = Math.min(size, denseNodes);
    this.depth = new Uint16Array(size);
    this.found = new Uint16Array(size);
    this.firstChild = new Uint32Array(size);
    this.nextSibling = new Uint32Array(size);
    this.byteOf = new Uint8Array(size);
    this.fallback = new Uint32Array(size);
    this.table = new Uint32Array(this.dense * 256);
    this.link(trie);
    for (const { head } of forms) {
      for (let place = 0; place < stride; place += 1) this.pairs[head.readUInt16BE(place)] = 1;
    }
  }

  /** From the root: the first place at or after `from` where a head may begin; the last bytes of the data always may be the beginning of one. */
  skip(data: Buffer, from: number): number {
    const { pairs } = this;
    const end = data.length - 1;
    let last = from + stride - 1;
    for (; last < end; last += stride) {
      if (pairs[((data[last] ?? 0) << 8) | (data[last + 1] ?? 0)] === 1) break;
    }
    return last - stride + 1;
  }

  /** The node after one more byte; for nodes below `dense` the same as their row of `table`. */
  step(node: number, byte: number): number {
    let at = node;
    while (at >= this.dense) {
      let child = this.firstChild[at] ?? 0;
      while (child !== 0 && this.byteOf[child] !== byte) child = this.nextSibling[child] ?? 0;
      if (child !== 0) return child;
      at = this.fallback[at] ?? 0;
    }
    return this.table[(at << 8) | byte] ?? 0;
  }

  /** How the heads that end at this node may go on. */
  restsAt(node: number): Buffer[] {
    const rests: Buffer[] = [];
    for (let at = node; at !== 0; at = this.fallback[at] ?? 0) {
      const ending = this.endings.get(at);
      if (ending) rests.push(...(ending.rests ??= distinctRests(ending.forms)));
    }
    return rests;
  }

  /** Walks the trie breadth first, so that what a node falls back to is complete before it. */
  private link(trie: Trie): void {
    const order = [0];
    for (let index = 0; index < order.length; index += 1) {
      const place = order[index] ?? 0;
      const behind = this.fallback[index] ?? 0;
      const forms = trie.formsAt(place);
      if (forms) this.endings.set(index, { forms, rests: undefined });
      // Of the heads that end here the longest covers the others.
      this.found[index] = forms ? (this.depth[index] ?? 0) : (this.found[behind] ?? 0);
      const row = index << 8;
      const isDense = index < this.dense;
      if (isDense && index > 0) this.table.copyWithin(row, behind << 8, (behind << 8) + 256);
      for (const child of trie.childrenOf(place)) {
        const byte = trie.byteOf(child);
        const childIndex = order.push(child) - 1;
        this.byteOf[childIndex] = byte;
        this.depth[childIndex] = (this.depth[index] ?? 0) + 1;
        this.fallback[childIndex] = index === 0 ? 0 : this.step(behind, byte);
        this.nextSibling[childIndex] = this.firstChild[index] ?? 0;
        this.firstChild[index] = childIndex;
        if (isDense) this.table[row | byte] = childIndex;
      }
    }
  }
}

/** Heads that begin alike share their beginning. Places are numbered as they are made; 0 is the root, and as a child means none. */
class Trie {
  private readonly bytes = [0];
  private readonly first = [0];
  private readonly sibling = [0];
  private readonly forms = new Map<number, SecretForm[]>();

  constructor(forms: readonly SecretForm[]) {
    for (const form of forms) {
      let place = 0;
      for (const byte of form.head) place = this.childOf(place, byte) ?? this.grow(place, byte);
      this.forms.set(place, [...(this.forms.get(place) ?? []), form]);
    }
  }

  get size(): number {
    return this.bytes.length;
  }

  formsAt(place: number): SecretForm[] | undefined {
    return this.forms.get(place);
  }

  byteOf(place: number): number {
    return this.bytes[place] ?? 0;
  }

  *childrenOf(place: number): Generator<number> {
    for (let child = this.first[place] ?? 0; child !== 0; child = this.sibling[child] ?? 0) yield child;
  }

  private childOf(place: number, byte: number): number | undefined {
    for (let child = this.first[place] ?? 0; child !== 0; child = this.sibling[child] ?? 0) {
      if (this.bytes[child] === byte) return child;
    }
    return undefined;
  }

  private grow(place: number, byte: number): number {
    const child = this.bytes.push(byte) - 1;
    this.sibling.push(this.first[place] ?? 0);
    this.first.push(0);
    this.first[place] = child;
    return child;
  }
}

/** Of a plain secret most forms are the same. */
function distinctRests(forms: readonly SecretForm[]): Buffer[] {
  const rests: Buffer[] = [];
  for (const { rest } of forms) {
    const bytes = rest();
    if (bytes.length > 0 && !rests.some((known) => known.equals(bytes))) rests.push(bytes);
  }
  return rests;
}

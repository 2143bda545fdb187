/** Passes bytes on so that no valid UTF-8 character is cut in two; what is no UTF-8 goes through as it is. */
export class Utf8Cutter {
  private tail: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): Buffer {
    const data = this.tail.length > 0 ? Buffer.concat([this.tail, chunk]) : chunk;
    const cut = data.length - incompleteTail(data);
    this.tail = data.subarray(cut);
    return data.subarray(0, cut);
  }

  /** What is left when nothing more comes. */
  end(): Buffer {
    const { tail } = this;
    this.tail = Buffer.alloc(0);
    return tail;
  }
}

/** How many bytes at the end may begin a character that is not complete yet (0 to 3). */
function incompleteTail(data: Buffer): number {
  for (let back = 1; back <= Math.min(3, data.length); back += 1) {
    const byte = data[data.length - back] ?? 0;
    if (byte < 0x80) {
      return 0;
    }
    if (byte >= 0xc0) {
      const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : byte < 0xf5 ? 4 : 1;
      return length > back ? back : 0;
    }
  }
  return 0;
}

import type { LogBuffer } from './log-buffer';

/**
 * Where each line stands, in rows of equal height. Unwrapped, a line is a row. Wrapped, a line takes as many rows as its
 * columns need, which a monospaced face makes exact; the running sums find the line at a position in logarithmic time.
 */
export class RowIndex {
  /** Rows up to the end of each line; only filled while wrapping. */
  private ends: number[] = [];
  private wrapAt = 0;
  private lines = 0;

  get rows(): number {
    return this.wrapAt === 0 ? this.lines : (this.ends.at(-1) ?? 0);
  }

  /** Brings the index up to the buffer. `columns` is 0 without wrapping. */
  sync(buffer: LogBuffer, columns: number): void {
    const changed = buffer.takeChanged();
    this.lines = buffer.length;
    if (columns === 0) {
      this.wrapAt = 0;
      this.ends = [];
      return;
    }
    const from = columns === this.wrapAt ? Math.min(changed, this.ends.length) : 0;
    this.wrapAt = columns;
    this.ends.length = from;
    let sum = this.ends.at(-1) ?? 0;
    for (let index = from; index < buffer.length; index += 1) {
      sum += Math.max(1, Math.ceil(buffer.width(index) / columns));
      this.ends.push(sum);
    }
  }

  /** The first row of a line. */
  rowOf(line: number): number {
    if (this.wrapAt === 0) return line;
    return line === 0 ? 0 : (this.ends[line - 1] ?? this.rows);
  }

  /** The line that a row belongs to. */
  lineAt(row: number): number {
    if (this.wrapAt === 0) return Math.min(Math.max(0, Math.floor(row)), Math.max(0, this.lines - 1));
    let low = 0;
    let high = Math.max(0, this.ends.length - 1);
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ends[middle] ?? 0) > row) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

import { stripAnsi } from '../../../shared/ansi/ansi';
import type { LogBuffer } from './log-buffer';

/** Lines that are searched before the page is let go on. */
const linesAtOnce = 20_000;

/** The lines that contain a text, upper or lower case, found little by little so that typing stays quick. */
export class LogSearch {
  private readonly found: number[] = [];
  private next = 1;

  constructor(readonly query: string) {}

  /** Numbers of the matching lines, ascending. */
  get matches(): readonly number[] {
    return this.found;
  }

  /** Searches further; true when there is more to search. A line that is still being written is searched when it has ended. */
  step(buffer: LogBuffer): boolean {
    const wanted = this.query.toLowerCase();
    const end = buffer.dropped + buffer.length;
    const first = Math.max(this.next, buffer.dropped + 1);
    const last = Math.min(end, first + linesAtOnce - 1);
    for (let number = first; number <= last; number += 1) {
      const text = stripAnsi(buffer.text(number - buffer.dropped - 1));
      if (text.toLowerCase().includes(wanted)) this.found.push(number);
    }
    this.next = last + 1;
    while (this.found[0] !== undefined && this.found[0] <= buffer.dropped) this.found.shift();
    return last < end;
  }

  /** Position among the matches of the first one at or after a line; the first of all when there is none. */
  firstFrom(number: number): number {
    const at = this.found.findIndex((match) => match >= number);
    return at === -1 ? 0 : at;
  }
}

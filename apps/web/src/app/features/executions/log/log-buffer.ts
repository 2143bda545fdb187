import type { LogEntry, LogStream } from '@cronium/contracts';

import { endStyle, plainStyle, stripAnsi, type AnsiStyle } from '../../../shared/ansi/ansi';
import { overwriteReturns } from '../../../shared/ansi/carriage-return';
import { displayWidth } from '../../../shared/ansi/display-width';

/** What is kept of a log in the page; the download has all of it. */
export const logBounds = {
  lines: 250_000,
  /** The oldest lines go in blocks, since taking them away one by one would cost a copy each time. */
  dropLines: 25_000,
  /** Of one line. */
  lineLength: 20_000,
  /** UTF-16 code units over all lines: 256 MB. */
  characters: 128_000_000,
} as const;

/** A line as it was read from the script. `number` counts from 1 over the whole log. */
export interface LogLine {
  readonly number: number;
  readonly seq: number;
  readonly stream: LogStream;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** With its escape sequences. */
  readonly text: string;
  readonly startStyle: AnsiStyle;
  /** Characters that are only in the download. */
  readonly cut: number;
}

const streams: readonly LogStream[] = ['stdout', 'stderr'];

/**
 * The lines of one job, in parallel arrays and outside of signals: hundreds of thousands of them are appended and read by
 * index. Entries come in order; those already known are left out, and a gap is refused. Not aware of the page.
 */
export class LogBuffer {
  private readonly texts: string[] = [];
  private readonly seqs: number[] = [];
  private readonly times: number[] = [];
  private readonly streamOf: number[] = [];
  private readonly styleOf: number[] = [];
  private readonly widthOf: number[] = [];
  private readonly cuts = new Map<number, number>();
  private readonly styles: AnsiStyle[] = [plainStyle];
  private readonly styleIds = new Map<string, number>([[JSON.stringify(plainStyle), 0]]);
  /** By stream: the number of the line that has no newline yet, and the look that the next line starts in. */
  private readonly open: (number | null)[] = [null, null];
  private readonly nextStyle = [0, 0];
  private characters = 0;

  /** Lines that are no longer here. */
  dropped = 0;
  lastSeq = 0;
  /** Columns of the widest line. */
  widest = 0;
  /** The first line (from 0, among those here) that changed since `takeChanged`. */
  private changedFrom = Infinity;

  get length(): number {
    return this.texts.length;
  }

  get size(): number {
    return this.characters;
  }

  /** Appends what follows; false when entries before these are missing, and then nothing after the gap is taken. */
  append(entries: readonly LogEntry[]): boolean {
    for (const entry of entries) {
      if (entry.seq <= this.lastSeq) continue;
      if (entry.seq > this.lastSeq + 1) return false;
      this.lastSeq = entry.seq;
      this.take(entry);
    }
    if (this.texts.length > logBounds.lines || this.characters > logBounds.characters) this.dropOldest();
    return true;
  }

  /** `index` counts from 0 among the lines that are here. */
  line(index: number): LogLine | undefined {
    const text = this.texts[index];
    if (text === undefined) return undefined;
    return {
      number: this.dropped + index + 1,
      seq: this.seqs[index] ?? 0,
      stream: streams[this.streamOf[index] ?? 0] ?? 'stdout',
      at: this.times[index] ?? 0,
      text,
      startStyle: this.styles[this.styleOf[index] ?? 0] ?? plainStyle,
      cut: this.cuts.get(this.dropped + index + 1) ?? 0,
    };
  }

  /** The line with this entry, or with a piece before it; -1 when it is not here: not yet, or no longer. */
  indexOfSeq(seq: number): number {
    if (seq > this.lastSeq) return -1;
    let [low, high] = [0, this.seqs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.seqs[middle] ?? 0) <= seq) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  text(index: number): string {
    return this.texts[index] ?? '';
  }

  /** Columns that a line takes. */
  width(index: number): number {
    return this.widthOf[index] ?? 0;
  }

  /** Everything that is here, without escape sequences. */
  plainText(): string {
    return this.texts.map((text) => `${stripAnsi(text)}\n`).join('');
  }

  /** The first line that changed since the last call; Infinity when none did. */
  takeChanged(): number {
    const from = this.changedFrom;
    this.changedFrom = Infinity;
    return from;
  }

  private take(entry: LogEntry): void {
    const stream = entry.stream === 'stderr' ? 1 : 0;
    const ended = entry.text.endsWith('\n');
    const piece = ended ? entry.text.slice(0, -1) : entry.text;
    const openLine = this.open[stream] ?? null;
    const index = openLine === null ? -1 : openLine - this.dropped - 1;
    if (index >= 0) this.extend(index, piece, ended);
    else this.add(entry, stream, piece, ended);
    const number = index >= 0 ? openLine : this.dropped + this.texts.length;
    this.open[stream] = ended ? null : number;
  }

  private add(entry: LogEntry, stream: number, piece: string, ended: boolean): void {
    const style = this.nextStyle[stream] ?? 0;
    this.seqs.push(entry.seq);
    this.times.push(Date.parse(entry.at));
    this.streamOf.push(stream);
    this.styleOf.push(style);
    this.texts.push('');
    this.widthOf.push(0);
    this.write(this.texts.length - 1, piece, ended);
    this.carryStyle(stream, piece);
  }

  private extend(index: number, piece: string, ended: boolean): void {
    this.write(index, this.text(index) + piece, ended);
    this.carryStyle(this.streamOf[index] ?? 0, piece);
  }

  private write(index: number, whole: string, ended: boolean): void {
    let text = overwriteReturns(whole, !ended);
    if (text.length > logBounds.lineLength) {
      const number = this.dropped + index + 1;
      this.cuts.set(number, (this.cuts.get(number) ?? 0) + text.length - logBounds.lineLength);
      text = text.slice(0, logBounds.lineLength);
    }
    this.characters += text.length - this.text(index).length;
    this.texts[index] = text;
    const width = displayWidth(text);
    this.widthOf[index] = width;
    this.widest = Math.max(this.widest, width);
    this.changedFrom = Math.min(this.changedFrom, index);
  }

  /** A colour that is switched on holds until it is switched off, over lines. */
  private carryStyle(stream: number, piece: string): void {
    if (!piece.includes('\x1b')) return;
    const before = this.styles[this.nextStyle[stream] ?? 0] ?? plainStyle;
    const style = endStyle(piece, before);
    const key = JSON.stringify(style);
    let id = this.styleIds.get(key);
    if (id === undefined) {
      id = this.styles.push(style) - 1;
      this.styleIds.set(key, id);
    }
    this.nextStyle[stream] = id;
  }

  private dropOldest(): void {
    while (
      this.texts.length > 1 &&
      (this.texts.length > logBounds.lines || this.characters > logBounds.characters)
    ) {
      const count = Math.min(logBounds.dropLines, Math.ceil(this.texts.length / 2));
      for (const text of this.texts.slice(0, count)) this.characters -= text.length;
      for (const column of [this.texts, this.seqs, this.times, this.streamOf, this.styleOf, this.widthOf]) {
        column.splice(0, count);
      }
      this.dropped += count;
    }
    for (const number of this.cuts.keys()) if (number <= this.dropped) this.cuts.delete(number);
    this.changedFrom = 0;
  }
}

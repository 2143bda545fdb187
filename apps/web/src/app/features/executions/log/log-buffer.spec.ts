import type { LogEntry, LogStream } from '@cronium/contracts';

import { LogBuffer, logBounds } from './log-buffer';
import { LogSearch } from './log-search';
import { RowIndex } from './row-index';

const entry = (seq: number, text: string, stream: LogStream = 'stdout'): LogEntry => ({
  seq,
  text,
  stream,
  at: '2026-01-01T00:00:00.000Z',
});
const texts = (buffer: LogBuffer) => Array.from({ length: buffer.length }, (_, index) => buffer.text(index));

describe('LogBuffer', () => {
  it('leaves out what it knows, and refuses what does not follow', () => {
    const buffer = new LogBuffer();
    expect(buffer.append([entry(1, 'a\n'), entry(2, 'b\n')])).toBe(true);
    expect(buffer.append([entry(2, 'b\n'), entry(3, 'c\n')])).toBe(true);
    expect(buffer.append([entry(5, 'e\n')])).toBe(false);
    expect(texts(buffer)).toEqual(['a', 'b', 'c']);
    expect(buffer.lastSeq).toBe(3);
  });

  it('puts the pieces of a line together, each stream for itself', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, 'be'), entry(2, 'oops\n', 'stderr'), entry(3, 'gin\n'), entry(4, 'next\n')]);
    expect(texts(buffer)).toEqual(['begin', 'oops', 'next']);
    expect(buffer.line(1)).toMatchObject({ number: 2, stream: 'stderr' });
  });

  it('shows of a progress bar what was written last', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, '10 %\r20 %\r'), entry(2, '30 %\r\n')]);
    expect(texts(buffer)).toEqual(['30 %']);
  });

  it('carries a colour on to the next line of the same stream', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, '\x1b[31mred\n'), entry(2, 'plain\n', 'stderr'), entry(3, 'still\x1b[0m\n')]);
    expect(buffer.line(2)?.startStyle.foreground).toBe(1);
    expect(buffer.line(1)?.startStyle.foreground).toBeNull();
  });

  it('cuts a line that is too long, and says by how much', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, 'x'.repeat(logBounds.lineLength)), entry(2, 'yyy\n')]);
    expect(buffer.line(0)).toMatchObject({ cut: 3 });
    expect(buffer.text(0)).toHaveLength(logBounds.lineLength);
  });

  it('finds the line of an entry, also of one that is a piece of it', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, 'be'), entry(2, 'oops\n', 'stderr'), entry(3, 'gin\n'), entry(4, 'next\n')]);
    expect([1, 2, 4, 5].map((seq) => buffer.indexOfSeq(seq))).toEqual([0, 1, 2, -1]);
    buffer.append(Array.from({ length: logBounds.lines }, (_, index) => entry(index + 5, 'x\n')));
    expect(buffer.indexOfSeq(1)).toBe(-1);
  });

  it('lets go of the oldest lines in blocks, and keeps the numbers right', () => {
    const buffer = new LogBuffer();
    buffer.append(
      Array.from({ length: logBounds.lines + 1 }, (_, index) => entry(index + 1, `${index + 1}\n`)),
    );
    expect(buffer.dropped).toBe(logBounds.dropLines);
    expect(buffer.line(0)).toMatchObject({
      number: logBounds.dropLines + 1,
      text: `${logBounds.dropLines + 1}`,
    });
    expect(buffer.text(buffer.length - 1)).toBe(`${logBounds.lines + 1}`);
  });
});

describe('LogSearch', () => {
  it('finds lines of either case, also in colours, and goes on where it stopped', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, 'An \x1b[31mErr\x1b[0mor\n'), entry(2, 'fine\n')]);
    const search = new LogSearch('error');
    expect(search.step(buffer)).toBe(false);
    expect(search.matches).toEqual([1]);
    buffer.append([entry(3, 'ERROR again\n')]);
    search.step(buffer);
    expect(search.matches).toEqual([1, 3]);
  });
});

describe('RowIndex', () => {
  it('gives each line as many rows as its columns need', () => {
    const buffer = new LogBuffer();
    buffer.append([entry(1, 'x'.repeat(25) + '\n'), entry(2, '\n'), entry(3, 'y'.repeat(10) + '\n')]);
    const index = new RowIndex();
    index.sync(buffer, 10);
    expect([index.rowOf(0), index.rowOf(1), index.rowOf(2), index.rows]).toEqual([0, 3, 4, 5]);
    expect([0, 2, 3, 4].map((row) => index.lineAt(row))).toEqual([0, 0, 1, 2]);
    index.sync(buffer, 0);
    expect(index.rows).toBe(3);
  });

  it('follows a line that grows', () => {
    const buffer = new LogBuffer();
    const index = new RowIndex();
    buffer.append([entry(1, 'x'.repeat(8))]);
    index.sync(buffer, 10);
    buffer.append([entry(2, 'x'.repeat(8) + '\n'), entry(3, 'z\n')]);
    index.sync(buffer, 10);
    expect([index.rowOf(1), index.rows]).toEqual([2, 3]);
  });
});

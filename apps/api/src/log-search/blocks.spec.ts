import type { LogStream } from '@cronium/contracts';

import { linesOf, toBlocks } from './blocks';
import type { StoredOutput } from './log-lines';

const begin = Date.UTC(2026, 0, 1);
const output = (firstSeq: number, text: string, stream: LogStream = 'stdout', seconds = 0): StoredOutput => ({
  ...{ firstSeq, stream, at: new Date(begin + seconds * 1000) },
  data: Buffer.from(text),
});
/** What a reader has of a block: from its byte on, as the database gives it. */
const read = (chunks: readonly StoredOutput[], after: number, until: Date | null = null) =>
  toBlocks(chunks, after, until).map((block) => {
    const parts = chunks
      .filter(({ firstSeq }) => firstSeq >= block.chunkSeq && firstSeq <= block.lastSeq)
      .map((chunk, index) => ({
        ...chunk,
        firstSeq: Math.max(chunk.firstSeq, block.firstSeq),
        data: index === 0 ? chunk.data.subarray(block.skip, block.skip + block.bytes) : chunk.data,
      }));
    expect(linesOf(parts, block.lastSeq)).toEqual(block.lines);
    return block;
  });
const texts = (chunks: readonly StoredOutput[], after = 0) =>
  read(chunks, after).map(({ lines }) => lines.map(({ text }) => text));

describe('toBlocks', () => {
  it('joins the pieces of a line, each stream for itself, without colours', () => {
    const chunks = [
      output(1, 'one\n\x1b[31mtw'),
      output(3, 'bad\r\n', 'stderr'),
      output(4, 'o\x1b[0m\n10 %\r20 %\n'),
    ];
    expect(texts(chunks)).toEqual([['one', 'two', 'bad', '10 % 20 %']]);
    expect(texts([output(1, 'a\r'), output(2, '\nb')])).toEqual([['a', 'b']]);
  });

  it('does not break a character that lies in two chunks', () => {
    const bytes = Buffer.from('Größe\n');
    const [head, tail] = [bytes.subarray(0, 3), bytes.subarray(3)];
    expect(
      texts([
        { ...output(1, ''), data: head },
        { ...output(2, ''), data: tail },
      ]),
    ).toEqual([['Größe']]);
  });

  it('is full with so many lines or bytes, and goes on where the one before ended', () => {
    const lines = Array.from({ length: 300 }, (_, n) => `line ${n}`);
    const chunks = [output(1, `${lines.join('\n')}\n`)];
    expect(read(chunks, 0).map(({ firstSeq, lastSeq }) => [firstSeq, lastSeq])).toEqual([
      [1, 128],
      [129, 256],
      [257, 300],
    ]);
    expect(texts(chunks, 256)).toEqual([lines.slice(256)]);
    expect(texts([output(1, `${'x'.repeat(17_000)}\n`.repeat(3))])).toHaveLength(3);
  });

  it('ends after ten seconds', () => {
    const chunks = [0, 5, 9, 12, 30].map((seconds, index) =>
      output(index + 1, `${seconds}\n`, 'stdout', seconds),
    );
    expect(texts(chunks)).toEqual([['0', '5', '9'], ['12'], ['30']]);
  });

  it('takes a line without end for several', () => {
    const lines = texts([
      output(1, 'x'.repeat(70_000)),
      output(2, 'x'.repeat(70_000)),
      output(3, 'end'),
    ]).flat();
    expect(lines.map(({ length }) => length)).toEqual([70_000, 70_000, 3]);
  });

  it('leaves what is young, while more may come', () => {
    const chunks = [output(1, 'a\n'.repeat(128)), output(129, 'b\n', 'stdout', 5)];
    expect(read(chunks, 0, new Date(begin)).map(({ lastSeq }) => lastSeq)).toEqual([128]);
    expect(read(chunks, 0, new Date(begin + 5000)).map(({ lastSeq }) => lastSeq)).toEqual([128, 129]);
  });
});

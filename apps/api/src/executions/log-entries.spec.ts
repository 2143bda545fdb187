import { countEntries, toEntries } from './log-entries';

const chunk = (text: string, firstSeq = 1) => ({
  firstSeq,
  lastSeq: firstSeq + countEntries(Buffer.from(text)) - 1,
  stream: 'stdout' as const,
  at: new Date('2026-01-02T03:04:05.678Z'),
  data: Buffer.from(text),
});

describe('log entries', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\nb', 2],
    ['\n\n', 2],
  ])('of %j are %i', (text, count) => {
    expect(countEntries(Buffer.from(text))).toBe(count);
  });

  it('keep their newline, and are numbered from the chunk’s first', () => {
    expect(toEntries(chunk('one\ntwo\nthr', 7), 0, 10).map(({ seq, text }) => [seq, text])).toEqual([
      [7, 'one\n'],
      [8, 'two\n'],
      [9, 'thr'],
    ]);
  });

  it('start after a place, and stop at a limit', () => {
    expect(toEntries(chunk('a\nb\nc\nd\n'), 1, 2).map(({ seq }) => seq)).toEqual([2, 3]);
  });

  it('show bytes that are not UTF-8 as U+FFFD', () => {
    const data = Buffer.from([0x66, 0xff, 0x0a]);
    expect(toEntries({ ...chunk(''), lastSeq: 1, data }, 0, 10)[0]?.text).toBe('f\ufffd\n');
  });
});

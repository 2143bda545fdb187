import { cutAround, matchLine } from './line-match';
import { parseSearch } from './search-query';

/** What of a line is marked; undefined when it does not match. */
const marked = (text: string, query: string) =>
  matchLine(text, parseSearch(query))?.map(([start, end]) => text.slice(start, end));

describe('matchLine', () => {
  it.each<[string, string, string[] | undefined]>([
    ['Disk is full', 'full disk', ['Disk', 'full']],
    ['Disk is full', 'ful', undefined],
    ['Disk is full', 'ful*', ['full']],
    ['Disk is full', '"is full"', ['is full']],
    ['Disk full is', '"is full"', undefined],
    ['Disk is full', 'full -disk', undefined],
    ['Disk is full', 'full -"disk full"', ['full']],
    ['from 10.0.0.1:80', '10.0.0.1', ['10.0.0.1']],
    ['from 110.0.0.1', '10.0.0.1', undefined],
    ['from 10-0-0-1', '10.0.0.1', undefined],
    ['from 10-0-0-1', '"10 0 0 1"', ['10-0-0-1']],
    ['refused: by host', '"refused by host"', ['refused: by host']],
    ['see https://a.example/x', 'https://a.example', ['https://a.example']],
    ['E: ERR_CONN_REFUSED (-111)', 'err_conn*', ['ERR_CONN']],
    ['E: ERR_CONNECTION', 'err_conn*', ['ERR_CONNECTION']],
    ['a a b a', 'a', ['a', 'a', 'a']],
    ['naïve Größe 😀 x', 'GRÖSSE', undefined],
    ['naïve Größe 😀 x', 'größe x', ['Größe', 'x']],
    ['来自東京都的', '東京', ['東京']],
    ['one two three', '"one two" "two three"', ['one two three']],
  ])('%s: %s', (text, query, expected) => {
    expect(marked(text, query)).toEqual(expected);
  });
});

describe('cutAround', () => {
  it('keeps a short line', () => {
    expect(cutAround('abc', [[1, 2]])).toEqual({ text: 'abc', ranges: [[1, 2]] });
  });

  it.each([0, 300, 5000, 9995])('cuts a long line around a hit at %s', (at) => {
    const line = 'x '.repeat(5000).slice(0, at) + 'needle' + ' y'.repeat(3000);
    const ranges = matchLine(line, parseSearch('needle')) ?? [];
    const cut = cutAround(line, ranges);
    expect(cut.text.length).toBeLessThanOrEqual(502);
    expect(cut.ranges.map(([start, end]) => cut.text.slice(start, end))).toEqual(at % 2 ? [] : ['needle']);
  });

  it('does not cut a character in half', () => {
    const line = `${'😀'.repeat(400)}needle${'😀'.repeat(400)}`;
    const { text } = cutAround(line, [[800, 806]]);
    expect(Buffer.from(text).toString()).toBe(text);
  });
});

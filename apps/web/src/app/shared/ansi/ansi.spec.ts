import { cssColour, parseAnsi, plainStyle, stripAnsi } from './ansi';
import { displayWidth } from './display-width';

const spans = (text: string) =>
  parseAnsi(text).map(({ text: run, style }) => [run, style.foreground, style.bold]);

describe('ANSI sequences', () => {
  it.each([
    ['plain', [['plain', null, false]]],
    [
      '\x1b[1;32mok\x1b[0m done',
      [
        ['ok', 2, true],
        [' done', null, false],
      ],
    ],
    ['\x1b[38;5;208mpalette', [['palette', 208, false]]],
    ['\x1b[38;2;1;2;255mtrue', [['true', '#0102ff', false]]],
    ['\x1b[38:2::1:2:3mcolons', [['colons', '#010203', false]]],
    ['\x1b[95mbright', [['bright', 13, false]]],
    ['\x1b[38;5;999mwrong', [['wrong', null, false]]],
    ['\x1b[2Kcleared\x1b]0;title\x07 line', [['cleared line', null, false]]],
  ])('reads %j', (text, expected) => {
    expect(spans(text)).toEqual(expected);
  });

  it('goes on in the look it is given, and knows switching off', () => {
    const [first] = parseAnsi('x', { ...plainStyle, bold: true });
    expect(first?.style.bold).toBe(true);
    expect(parseAnsi('\x1b[22mx', { ...plainStyle, bold: true })[0]?.style.bold).toBe(false);
  });

  it('strips sequences, also one that is cut off, and what cannot be seen', () => {
    expect(stripAnsi('a\x1b[31mb\x07c\x1b[3')).toBe('abc');
  });

  it('makes colours for CSS', () => {
    expect([cssColour(3), cssColour(16), cssColour(231), cssColour(232)]).toEqual([
      'var(--ansi-3)',
      'rgb(0 0 0)',
      'rgb(255 255 255)',
      'rgb(8 8 8)',
    ]);
  });
});

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['a\tb', 9],
    ['日本', 4],
    ['e\u0301', 1],
    ['\x1b[31mred\x1b[0m', 3],
  ])('measures %j', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

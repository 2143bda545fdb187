import { jsonMistake } from './json-mistake';

describe('a mistake in JSON', () => {
  it.each([
    ['{"a": 1,}', 1, 9, 'expected a name in double quotes'],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected “,” or “}”'],
    ['[1, 2', 1, 6, 'expected “,” or “]”'],
    ['{a: 1}', 1, 2, 'expected a name in double quotes'],
    ['{"a" 1}', 1, 6, 'expected “:” after the name'],
    ['hello', 1, 1, '“hello” needs double quotes around it'],
    ["['x']", 1, 2, "expected a value instead of “'”"],
    ['{"a": }', 1, 7, 'expected a value instead of “}”'],
    ['"open', 1, 1, 'the text in quotes has no end'],
    ['"a\\x"', 1, 3, 'this is no escape of JSON'],
    ['"a\nb"', 1, 3, 'write a line break or tab in quotes as \\n or \\t'],
    ['1 2', 1, 3, 'nothing more may follow'],
    ['01', 1, 2, 'nothing more may follow'],
    ['[1,]', 1, 4, 'expected a value instead of “]”'],
    ['', 1, 1, 'a value is missing at the end'],
  ])('%j is at %i:%i: %s', (text, line, column, message) => {
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(jsonMistake(text)).toEqual({ line, column, message });
  });

  it.each(['0', '-1.5e+3', '""', '"\\u00e4\\n"', ' [ ] ', '{"a":[true,false,null,{"b":"ä🎉"}]}\n'])(
    '%j has none',
    (text) => {
      expect(() => JSON.parse(text) as unknown).not.toThrow();
      expect(jsonMistake(text)).toBeNull();
    },
  );
});

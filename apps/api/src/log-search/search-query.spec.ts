import { DomainError } from '../http/domain-error';
import { parseSearch, toTsQuery } from './search-query';

/** As a person would write it again. */
const words = (text: string) => {
  const { wanted, unwanted } = parseSearch(text);
  const write = (phrases: typeof wanted) =>
    phrases.map((phrase) => phrase.map(({ form, isPrefix }) => form + (isPrefix ? '*' : '')).join(' '));
  return [write(wanted), write(unwanted)];
};

describe('parseSearch', () => {
  it.each([
    ['Disk  FULL', ['disk', 'full'], []],
    ['"connection refused" by', ['connection refused', 'by'], []],
    ['"not closed', ['not closed'], []],
    ['time* "conn ref*"', ['time*', 'conn ref*'], []],
    ['error -timeout -"try again"', ['error'], ['timeout', 'try again']],
    ['10.0.0.1 ERR_CONN-REFUSED', ['10 0 0 1', 'err conn refused'], []],
    ['/var/log/app_1.log.*', ['var log app 1 log'], []],
    ['--verbose a - b', ['verbose', 'a', 'b'], []],
    ['say"no"', ['say', 'no'], []],
    ['Größe ＥＲＲ', ['größe', 'err'], []],
    ['東京abc', ['東 京 abc'], []],
    ["{}()&|!:*\\' x", ['x'], []],
  ])('%s', (text, wanted, unwanted) => {
    expect(words(text)).toEqual([wanted, unwanted]);
  });

  it.each(['…', '""', '-error', '* -', 'a*', Array.from({ length: 21 }, () => 'x').join(' ')])(
    'refuses %s, and says which field it is',
    (text) => {
      const refused = () => parseSearch(text);
      expect(refused).toThrow(DomainError);
      expect(refused).toThrow(/^query\.q: Give at /);
    },
  );
});

describe('toTsQuery', () => {
  it('asks for what a block must have, not for what a line must not have', () => {
    const query = parseSearch('disk full* -error "disk is"');
    expect(toTsQuery(query, [['=oX'], ['=h1', '=h2']])).toBe(
      "'disk' & 'full':* & 'is' & ('=oX') & ('=h1' | '=h2')",
    );
  });

  it('asks for the beginning of what the index has only the beginning of', () => {
    const long = 'x'.repeat(100);
    expect(toTsQuery(parseSearch(`${long} ${long}*`), [])).toBe(`'${'x'.repeat(64)}'`);
  });

  it('asks for numbers that a dot joins by two', () => {
    expect(toTsQuery(parseSearch('10.0.7'), [])).toBe("'10' & '0' & '7' & '10.0' & '0.7'");
    expect(toTsQuery(parseSearch('10.0* "1 . 2" a.1 123456.1'), [])).not.toContain('.');
  });
});

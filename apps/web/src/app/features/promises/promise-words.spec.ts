import { budgetWords, rateWords, tailWords } from './promise-words';

describe('the words of promises', () => {
  it.each([
    [1, '100 %'],
    [0.99999, '99.999 %'],
    [0.9994, '99.94 %'],
    [0.999, '99.9 %'],
    [0.5, '50 %'],
    [null, '–'],
  ])('say a rate of %s as %s', (rate, words) => {
    expect(rateWords(rate)).toBe(words);
  });

  it('say what is rare, and what is left', () => {
    expect(tailWords({ p50: 30, p95: 54.2, p99: 1200 })).toBe('p95 54 ms, p99 1.2 s');
    expect(tailWords(null)).toBe('nothing was measured');
    expect(budgetWords({ used: 3, allowed: 12.4 })).toBe('3 of 12.4 allowed');
  });
});

import { RequestRate } from './request-rate';

describe('RequestRate', () => {
  let now = 0;
  const taken = (rate: RequestRate, tries: number) =>
    Array.from({ length: tries }, () => rate.take()).filter(Boolean).length;

  it('lets ten seconds’ worth through at once, and then as many as it is for', () => {
    now = 0;
    const rate = new RequestRate(5, () => now);
    expect(taken(rate, 100)).toBe(50);
    now = 1_000;
    expect(taken(rate, 100)).toBe(5);
    now = 1_100;
    expect(taken(rate, 100)).toBe(0);
    now = 1_200;
    expect(taken(rate, 100)).toBe(1);
  });

  it('saves up no more than ten seconds’ worth', () => {
    now = 0;
    const rate = new RequestRate(5, () => now);
    now = 3_600_000;
    expect(taken(rate, 1000)).toBe(50);
  });
});

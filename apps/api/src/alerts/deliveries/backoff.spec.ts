import { mostAttempts, secondsAfter } from './backoff';

describe('the pause after an attempt that failed', () => {
  it('doubles, and ends', () => {
    const pauses = Array.from({ length: mostAttempts }, (_, index) => secondsAfter(index + 1));
    expect(pauses).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 2560, null]);
    expect(secondsAfter(mostAttempts + 1)).toBeNull();
  });

  it('adds up to an hour and a half', () => {
    const sum = Array.from({ length: mostAttempts }, (_, index) => secondsAfter(index + 1) ?? 0);
    expect(sum.reduce((total, seconds) => total + seconds) / 3600).toBeCloseTo(1.42, 2);
  });
});

import { queueWords } from './queue-words';

describe('queueWords', () => {
  it.each([
    [0, 0, ''],
    [2, 0, '2 queued'],
    [3, 3, '3 waiting for it'],
    [5, 3, '2 queued, 3 waiting for it'],
  ])('%i queued, of which %i wait for the server: “%s”', (queued, waiting, words) =>
    expect(queueWords({ active: 1, queued, waiting })).toBe(words),
  );
});

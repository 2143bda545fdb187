import { retrySchema, type RetryInput } from '@cronium/contracts';

import { joiningSentence, overlapSentence, retrySentence } from './policy-words';

const retry = (input: RetryInput) => retrySentence(retrySchema.parse(input));

describe('policies in plain words', () => {
  it.each([
    [{}, 'A run that fails is not tried again.'],
    [{ limit: 1 }, 'One more attempt, 10 s after the first.'],
    [{ limit: 3 }, 'Up to 3 more attempts, each 10 s after the one before.'],
    [{ limit: 2, delaySeconds: 0 }, 'Up to 2 more attempts, each at once after the one before.'],
    [
      { limit: 3, backoff: 'exponential' },
      'Up to 3 more attempts, 10 s, 20 s and 40 s after the one before.',
    ],
    [
      { limit: 9, backoff: 'exponential', maxDelaySeconds: 600 },
      'Up to 9 more attempts, 10 s, 20 s, 40 s … up to 10m 00s after the one before.',
    ],
  ] satisfies [RetryInput, string][])('retry %j', (input, words) => expect(retry(input)).toBe(words));

  it.each([
    [
      { overlapPolicy: 'allow', maxConcurrentExecutions: null },
      'Runs of this event go on beside each other.',
    ],
    [{ overlapPolicy: 'allow', maxConcurrentExecutions: 3 }, 'While 3 are under way, every other waits'],
    [
      { overlapPolicy: 'queue', maxConcurrentExecutions: null },
      'While one is under way, up to 100 others wait for a turn; one more is refused.',
    ],
    [{ overlapPolicy: 'skip', maxConcurrentExecutions: null }, 'is recorded as skipped'],
    [{ overlapPolicy: 'replace', maxConcurrentExecutions: 2 }, 'a new one cancels the oldest'],
  ] as const)('overlap %j', (overlap, words) =>
    expect(overlapSentence({ maxQueuedExecutions: 100, ...overlap })).toContain(words),
  );

  it('says nothing of triggers that each make a run', () => {
    expect(joiningSentence({ debounceSeconds: 0, coalesce: false })).toBeNull();
    expect(joiningSentence({ debounceSeconds: 30, coalesce: false })).toContain('waits 30 s');
  });
});

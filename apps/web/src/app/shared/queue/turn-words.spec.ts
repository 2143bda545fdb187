import type { QueueTurn } from '@cronium/contracts';

import { expectedWords, ordinal, turnWords } from './turn-words';

const now = Date.parse('2026-01-01T00:00:00Z');
const turn = (change: Partial<QueueTurn>): QueueTurn => ({
  reason: 'server_busy',
  message: 'It waits for a place on “web-01”.',
  position: 3,
  expectedWaitSeconds: 120,
  notBefore: null,
  ...change,
});

describe('where a queued job stands, in words', () => {
  it.each([
    [{}, '3rd in line for “web-01”, starts in about 2 min'],
    [{ position: 1, expectedWaitSeconds: null }, 'Next in line for “web-01”'],
    [
      { reason: 'worker_busy', position: null, message: 'It starts as soon as a worker is free.' },
      'It starts as soon as a worker is free',
    ],
    [{ reason: 'event_busy' }, 'It starts when another run of its event has ended'],
    [{ reason: 'delayed', notBefore: '2026-01-01T00:01:04Z' }, 'It starts in 1m 04s'],
    [{ reason: 'delayed', notBefore: '2025-12-31T23:59:59Z' }, 'It starts in a moment'],
  ] as const)('%j: %s', (change, words) => expect(turnWords(turn(change), 'web-01', now)).toBe(words));

  it.each([
    [null, null],
    [3, 'a few seconds'],
    [42, 'about 40 s'],
    [58, 'about 1 min'],
    [3500, 'about 58 min'],
    [3590, 'about 1 h'],
  ])('expects %s s as %s', (seconds, words) => expect(expectedWords(seconds)).toBe(words));

  it.each([
    [1, '1st'],
    [2, '2nd'],
    [3, '3rd'],
    [11, '11th'],
    [1022, '1,022nd'],
  ])('counts %i as %s', (number, words) => expect(ordinal(number)).toBe(words));
});

import type { LogHit } from '@cronium/contracts';

import { groupsOf, partsOf, widened } from './hit-groups';

const hit = (jobId: string, seq: number): LogHit => ({
  ...{ jobId, seq, executionId: 'e', eventId: null, eventName: 'Event', serverName: 'Server' },
  ...{ state: 'succeeded', stream: 'stdout', at: '2026-01-01T00:00:00.000Z', text: 'a', ranges: [] },
});

describe('groupsOf', () => {
  it('puts the lines of a job together, as long as no other comes in between', () => {
    const groups = groupsOf([hit('a', 3), hit('a', 1), hit('b', 2), hit('a', 9)]);
    const seqs = groups.map(({ first, lines }) => [first.jobId, ...lines.map((line) => line.hit.seq)]);
    expect(seqs).toEqual([
      ['a', 3, 1],
      ['b', 2],
      ['a', 9],
    ]);
  });
});

describe('partsOf', () => {
  it('marks what was found, and keeps the rest', () => {
    const parts = partsOf({
      text: 'one two',
      ranges: [
        [0, 3],
        [4, 7],
      ],
    });
    expect(parts.map(({ text, isHit }) => (isHit ? `[${text}]` : text)).join('')).toBe('[one] [two]');
    expect(partsOf({ text: 'x', ranges: [] })).toEqual([{ text: 'x', isHit: false }]);
  });
});

describe('widened', () => {
  it.each([
    ['time', 'time*'],
    ['disk ful', 'disk ful*'],
    ['time*', undefined],
    ['"disk full"', undefined],
    ['disk -ful', undefined],
    ['…', undefined],
  ])('%s', (query, expected) => {
    expect(widened(query)).toBe(expected);
  });
});

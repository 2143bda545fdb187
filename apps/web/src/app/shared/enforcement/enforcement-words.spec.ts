import { enforcementFigures } from './enforcement-words';

const mebibyte = 1024 * 1024;

describe('enforcementFigures', () => {
  it.each([
    [
      { kind: 'warned', resource: 'memory', used: 80 * mebibyte, bound: 100 * mebibyte },
      '80.0 MiB of 100 MiB memory',
    ],
    [{ kind: 'ended', resource: 'time', used: 64, bound: 60 }, '1m 04s of 1m 00s time'],
    [{ kind: 'warned', resource: 'processes', used: 9, bound: 10 }, '9 of 10 processes'],
    [{ kind: 'swept', resource: 'sandboxes', used: 1, bound: null }, '1 sandbox of no job'],
    [{ kind: 'swept', resource: 'workspaces', used: 2, bound: null }, '2 workspaces left by killed jobs'],
    [
      { kind: 'swept', resource: 'disk', used: 3 * mebibyte, bound: null },
      '3.0 MiB on disk, left by killed jobs',
    ],
    [
      { kind: 'admission_stopped', resource: 'disk', used: 5 * mebibyte, bound: 1024 * mebibyte },
      '5.0 MiB disk left, floor 1.0 GiB',
    ],
  ] as const)('of %j is %s', (action, words) => {
    expect(enforcementFigures(action)).toBe(words);
  });
});

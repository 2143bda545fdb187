import { adviceFrom, type UsedRow } from './limits-advice';

const mebibyte = 1024 * 1024;
const row = (memory: number, changes: Partial<UsedRow> = {}): UsedRow => ({
  ...{ memory: memory * mebibyte, disk: null, output: 100, time: 4, code: null },
  ...changes,
});

describe('adviceFrom', () => {
  it('leaves half as much again for memory, and twice as much for time', () => {
    const rows = [...Array.from({ length: 99 }, () => row(40)), row(60)];
    expect(adviceFrom(rows)).toEqual({
      jobs: 100,
      memoryMb: { most: 60 * mebibyte, typical: 40 * mebibyte, endedAtLimit: 0, suggested: 96 },
      diskMb: null,
      outputMb: { most: 100, typical: 100, endedAtLimit: 0, suggested: 1 },
      timeoutSeconds: { most: 4, typical: 4, endedAtLimit: 0, suggested: 10 },
    });
  });

  it('asks for twice as much where a limit has ended jobs', () => {
    const { memoryMb } = adviceFrom([row(64, { code: 'out_of_memory' }), row(20)]);
    expect(memoryMb).toMatchObject({ endedAtLimit: 1, suggested: 128 });
  });

  it('has none without jobs', () => {
    expect(adviceFrom([])).toEqual({
      ...{ jobs: 0, memoryMb: null, diskMb: null, outputMb: null, timeoutSeconds: null },
    });
  });
});

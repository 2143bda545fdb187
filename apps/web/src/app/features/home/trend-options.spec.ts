import type { DashboardTrend } from '@cronium/contracts';

import { endedOf, secondsWords, shareWords, successOf } from './figure-words';
import { trendOptions, trendTable } from './trend-options';

const none = { p50Seconds: null, p95Seconds: null };
const figures = (succeeded: number, failed: number) => ({
  ...{ succeeded, failed, cancelled: 1, skipped: 2 },
  ...{ run: { p50Seconds: 64, p95Seconds: 90 }, wait: none },
});
const trend: DashboardTrend = {
  asOf: '2026-03-30T00:00:00.000Z',
  days: [
    { date: '2026-03-28', ...figures(3, 1) },
    { date: '2026-03-29', ...figures(0, 0) },
  ],
  total: figures(3, 1),
  before: figures(0, 0),
};

describe('the trend', () => {
  it.each([
    [
      'runs',
      [
        [3, 0],
        [1, 0],
        [3, 3],
      ],
    ],
    ['success', [[0.75, null]]],
    [
      'run',
      [
        [64, 64],
        [90, 90],
      ],
    ],
    [
      'wait',
      [
        [null, null],
        [null, null],
      ],
    ],
  ] as const)('shows %s by day', (metric, expected) => {
    const { series } = trendOptions(trend, metric);
    expect([series].flat().map((one) => one?.data)).toEqual(expected);
  });

  it('says the same in a table', () => {
    expect(trendTable(trend, 'run')).toMatchObject({
      columns: ['Half are below', '95 % are below'],
      rows: [{ values: ['1m 04s', '1m 30s'] }, { values: ['1m 04s', '1m 30s'] }],
    });
    expect(trendTable(trend, 'success').rows.map(({ values }) => values)).toEqual([['75.0 %'], ['–']]);
  });

  it('has words for its figures', () => {
    expect([shareWords(0.9999), shareWords(1), shareWords(0), shareWords(0.00001), shareWords(null)]).toEqual(
      ['99.9 %', '100 %', '0 %', '0.1 %', '–'],
    );
    expect([secondsWords(0.42), secondsWords(null)]).toEqual(['420 ms', '–']);
    expect([endedOf(trend.total), successOf(trend.total), successOf(trend.before)]).toEqual([7, 0.75, null]);
  });
});

import type { HeatMapHour } from '@cronium/contracts';

import { heatMapRows } from './heat-map-grid';

const dates = ['2026-03-28', '2026-03-29'];
const hour = (date: string, at: number, succeeded: number, failed: number): HeatMapHour => ({
  ...{ date, hour: at, succeeded, failed },
  ...{ since: `${date}T00:00:00.000Z`, until: `${date}T01:00:00.000Z` },
});
const rows = (...hours: HeatMapHour[]) => heatMapRows({ asOf: '2026-03-30T00:00:00.000Z', dates, hours });

describe('the heat map', () => {
  it('has a row for each hour of the day and a cell for each day, also where nothing ran', () => {
    const all = rows(hour('2026-03-29', 14, 3, 1));
    expect(all.map(({ cells }) => cells.length)).toEqual(Array.from({ length: 24 }, () => 2));
    expect(all[14]?.time).toBe('14:00');
    expect(all[14]?.cells[1]?.words).toMatch(/29.*14:00: 3 succeeded, 1 failed$/);
    expect(all[14]?.cells[0]).toMatchObject({ strength: 0, words: expect.stringMatching(/nothing ran$/) });
  });

  it('is redder the more failed, and shows also one failure among many', () => {
    const redOf = (succeeded: number, failed: number) =>
      rows(hour('2026-03-28', 0, succeeded, failed))[0]?.cells[0]?.red ?? NaN;
    expect([redOf(5, 0), redOf(0, 5)]).toEqual([0, 100]);
    expect(redOf(999, 1)).toBeGreaterThan(19);
    expect(redOf(1, 1)).toBeGreaterThan(redOf(999, 1));
  });

  it('is stronger the more ran, and never too pale to be seen', () => {
    const [first] = rows(hour('2026-03-28', 0, 1, 0), hour('2026-03-29', 0, 1000, 0));
    expect(first?.cells.map(({ strength }) => strength)).toEqual([30, 100]);
    expect(rows(hour('2026-03-28', 0, 1, 0))[0]?.cells[0]?.strength).toBe(100);
  });
});

import { addDays, dateIn, isDate, isZone, mondayOf, startOfDate, timeIn } from './zone-days';

describe('days of a time zone', () => {
  it.each([
    ['2026-03-29', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-10-26', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
    ['2026-11-25', 'UTC', '2026-11-25T00:00:00.000Z'],
    ['2026-11-25', 'Asia/Kolkata', '2026-11-24T18:30:00.000Z'],
    ['2026-11-25', 'Pacific/Auckland', '2026-11-24T11:00:00.000Z'],
    // Midnight does not exist: the clocks go from 00:00 to 01:00.
    ['2018-11-04', 'America/Sao_Paulo', '2018-11-04T03:00:00.000Z'],
    // Midnight comes twice, once at the end of the day before.
    ['2018-02-18', 'America/Sao_Paulo', '2018-02-18T03:00:00.000Z'],
  ])('%s begins in %s at %s', (date, zone, start) => {
    expect(new Date(startOfDate(date, zone)).toISOString()).toBe(start);
    expect(dateIn(startOfDate(date, zone), zone)).toBe(date);
    expect(dateIn(startOfDate(date, zone) - 1, zone)).toBe(addDays(date, -1));
  });

  it('knows the clocks of a zone', () => {
    expect(timeIn(Date.parse('2026-07-01T12:05:00Z'), 'Europe/Berlin')).toBe('14:05');
    expect(timeIn(Date.parse('2026-07-01T22:00:00Z'), 'Europe/Berlin')).toBe('00:00');
  });

  it('begins weeks on Monday', () => {
    expect(mondayOf('2026-11-25')).toBe('2026-11-23');
    expect(mondayOf('2026-11-23')).toBe('2026-11-23');
    expect(mondayOf('2026-11-29')).toBe('2026-11-23');
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01');
  });

  it('tells dates and zones from other texts', () => {
    expect([isDate('2026-11-25'), isDate('2026-13-01'), isDate('today'), isDate(undefined)]).toEqual([
      ...[true, false, false, false],
    ]);
    expect([isZone('Europe/Berlin'), isZone('Mars/Base')]).toEqual([true, false]);
  });
});

import { type CalendarKind, type CalendarRuleInput, calendarRuleSchema } from '@cronium/contracts';

import { stopsOf } from './calendar-stops';

const calendar = (kind: CalendarKind, rules: CalendarRuleInput[], timezone = 'UTC', name = 'Quiet') => ({
  ...{ id: '019abe00-0000-7000-8000-000000000001', name, kind, timezone },
  rules: rules.map((rule) => calendarRuleSchema.parse(rule)),
});

const night: CalendarRuleInput = {
  kind: 'weekly',
  days: ['fri'],
  from: '22:00',
  to: '06:00',
  label: 'Night',
};
const earlySunday: CalendarRuleInput = { kind: 'weekly', days: ['sun'], from: '01:00', to: '02:30' };
const leapDay: CalendarRuleInput = { kind: 'yearly', month: 2, day: 29 };
const holidays: CalendarRuleInput = { kind: 'dates', from: '2026-12-24', to: '2026-12-26' };
const window: CalendarRuleInput = {
  kind: 'window',
  from: '2026-05-01T10:00:00+02:00',
  to: '2026-05-01T12:00:00+02:00',
};

describe('a blackout', () => {
  it.each<[string, CalendarRuleInput, string, string, string | null]>([
    // Friday, 1 May 2026.
    ['before the evening', night, 'UTC', '2026-05-01T21:59:59Z', null],
    ['from its first minute', night, 'UTC', '2026-05-01T22:00:00Z', '2026-05-02T06:00:00Z'],
    ['past midnight', night, 'UTC', '2026-05-02T05:59:59Z', '2026-05-02T06:00:00Z'],
    ['not at its end', night, 'UTC', '2026-05-02T06:00:00Z', null],
    ['not the night before', night, 'UTC', '2026-05-01T03:00:00Z', null],
    ['on the clock of its zone', night, 'Asia/Tokyo', '2026-05-01T13:00:00Z', '2026-05-01T21:00:00Z'],
    [
      'a whole day to 24:00',
      { kind: 'weekly', days: ['sat'], from: '00:00', to: '24:00' },
      'UTC',
      '2026-05-02T23:59:59Z',
      '2026-05-03T00:00:00Z',
    ],
    ['dates, the last one too', holidays, 'Europe/Berlin', '2026-12-26T22:59:59Z', '2026-12-26T23:00:00Z'],
    ['dates, no longer', holidays, 'Europe/Berlin', '2026-12-26T23:00:00Z', null],
    [
      'a yearly day',
      { kind: 'yearly', month: 1, day: 1 },
      'UTC',
      '2031-01-01T12:00:00Z',
      '2031-01-02T00:00:00Z',
    ],
    ['29 February', leapDay, 'UTC', '2028-02-29T00:00:00Z', '2028-03-01T00:00:00Z'],
    ['not 28 February of another year', leapDay, 'UTC', '2027-02-28T12:00:00Z', null],
    ['nor 1 March', leapDay, 'UTC', '2027-03-01T12:00:00Z', null],
    ['a window', window, 'America/New_York', '2026-05-01T08:00:00Z', '2026-05-01T10:00:00Z'],
    ['a window, no longer', window, 'UTC', '2026-05-01T10:00:00Z', null],
    // Berlin, 25 October 2026: 03:00 → 02:00 at 01:00Z. The clock shows 02:00–02:30 twice; both are covered, what lies between is not.
    [
      'a time shown twice, first',
      earlySunday,
      'Europe/Berlin',
      '2026-10-25T00:29:59Z',
      '2026-10-25T00:30:00Z',
    ],
    ['what lies between', earlySunday, 'Europe/Berlin', '2026-10-25T00:30:00Z', null],
    [
      'a time shown twice, again',
      earlySunday,
      'Europe/Berlin',
      '2026-10-25T01:15:00Z',
      '2026-10-25T01:30:00Z',
    ],
    // 29 March 2026: 02:00 → 03:00 at 01:00Z, after which the clock is past the end.
    ['up to the jump', earlySunday, 'Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29T01:00:00Z'],
    ['not after the jump', earlySunday, 'Europe/Berlin', '2026-03-29T01:00:00Z', null],
  ])('%s', (_, rule, timezone, at, until) => {
    const stop = stopsOf([calendar('blackout', [rule], timezone)])(Date.parse(at));
    expect(stop && stop.until && new Date(stop.until).toISOString()).toEqual(
      until && new Date(until).toISOString(),
    );
  });

  it('names itself and its rule', () => {
    const stop = stopsOf([calendar('blackout', [leapDay, night])])(Date.parse('2026-05-01T23:00:00Z'));
    expect(stop?.by).toMatchObject({ name: 'Quiet', kind: 'blackout', rule: 'Night (Fri 22:00–06:00)' });
  });
});

describe('one that allows only its times', () => {
  const office: CalendarRuleInput = {
    ...{ kind: 'weekly', from: '08:00', to: '18:00' },
    days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  };

  it.each<[string, CalendarRuleInput, string, string | null | undefined]>([
    ['within', office, '2026-05-01T06:00:00Z', undefined],
    ['before: until it begins', office, '2026-05-01T05:00:00Z', '2026-05-01T06:00:00Z'],
    ['over the weekend', office, '2026-05-01T16:00:00Z', '2026-05-04T06:00:00Z'],
    ['until the clocks change, at the latest', office, '2026-10-23T16:00:00Z', '2026-10-25T01:00:00Z'],
    ['never again', holidays, '2027-01-01T00:00:00Z', null],
    ['29 February, over a century without one', leapDay, '2096-03-01T00:00:00Z', '2096-03-25T01:00:00Z'],
  ])('%s', (_, rule, at, until) => {
    const stop = stopsOf([calendar('allow_only', [rule], 'Europe/Berlin')])(Date.parse(at));
    const shown = stop && (stop.until === null ? null : new Date(stop.until).toISOString());
    expect(stop ? shown : undefined).toEqual(until && new Date(until).toISOString());
    expect(stop?.by.rule ?? null).toBeNull();
  });
});

it('takes the first calendar that stops', () => {
  const stops = stopsOf([
    calendar('allow_only', [night], 'UTC', 'Nights'),
    calendar('blackout', [night], 'UTC', 'No nights'),
  ]);
  expect(stops(Date.parse('2026-05-01T23:00:00Z'))?.by.name).toBe('No nights');
  expect(stops(Date.parse('2026-05-01T12:00:00Z'))?.by.name).toBe('Nights');
});

import { scheduleSchema, type ScheduleInput } from '@cronium/contracts';

import { fireTimesOf } from './fire-times';
import { localText } from './wall-clock';

/** The next times after `from`, as the clocks of the zone show them, with their marks. */
function times(input: ScheduleInput, from: string, count: number, anchor = '2026-01-01T00:00:00Z'): string[] {
  const schedule = scheduleSchema.parse(input);
  const next = fireTimesOf(schedule, Date.parse(anchor));
  const timezone = 'timezone' in schedule ? schedule.timezone : 'UTC';
  const found: string[] = [];
  for (let after = Date.parse(from); found.length < count;) {
    const time = next(after);
    if (!time) break;
    expect(time.at).toBeGreaterThan(after);
    found.push(`${localText(time.at, timezone)}${time.mark ? ` ${time.mark}` : ''}`);
    after = time.at;
  }
  return found;
}

const cron = (expression: string, timezone = 'UTC'): ScheduleInput => ({
  kind: 'cron',
  expression,
  timezone,
});

describe('a cron expression', () => {
  it.each([
    ['*/20 * * * *', ['2026-01-31T00:20:00', '2026-01-31T00:40:00', '2026-01-31T01:00:00']],
    ['5/20 * * * *', ['2026-01-31T00:05:00', '2026-01-31T00:25:00', '2026-01-31T00:45:00']],
    ['*/30 * * * * *', ['2026-01-31T00:00:30', '2026-01-31T00:01:00', '2026-01-31T00:01:30']],
    ['0 9 * JAN-MAR MON-FRI', ['2026-02-02T09:00:00', '2026-02-03T09:00:00', '2026-02-04T09:00:00']],
    ['0 0 L * *', ['2026-02-28T00:00:00', '2026-03-31T00:00:00', '2026-04-30T00:00:00']],
    ['0 0 LW * *', ['2026-02-27T00:00:00', '2026-03-31T00:00:00', '2026-04-30T00:00:00']],
    ['0 0 15W * *', ['2026-02-16T00:00:00', '2026-03-16T00:00:00', '2026-04-15T00:00:00']],
    ['0 0 * * FRI#2', ['2026-02-13T00:00:00', '2026-03-13T00:00:00', '2026-04-10T00:00:00']],
    ['0 0 * * 5L', ['2026-02-27T00:00:00', '2026-03-27T00:00:00', '2026-04-24T00:00:00']],
    ['0 0 1,15 * 1', ['2026-02-01T00:00:00', '2026-02-02T00:00:00', '2026-02-09T00:00:00']],
    ['0 0 * * 7', ['2026-02-01T00:00:00', '2026-02-08T00:00:00', '2026-02-15T00:00:00']],
    ['0 0 29 2 *', ['2028-02-29T00:00:00', '2032-02-29T00:00:00', '2036-02-29T00:00:00']],
    ['@hourly', ['2026-01-31T01:00:00', '2026-01-31T02:00:00', '2026-01-31T03:00:00']],
    ['@daily', ['2026-02-01T00:00:00', '2026-02-02T00:00:00', '2026-02-03T00:00:00']],
    ['@weekly', ['2026-02-01T00:00:00', '2026-02-08T00:00:00', '2026-02-15T00:00:00']],
    ['@monthly', ['2026-02-01T00:00:00', '2026-03-01T00:00:00', '2026-04-01T00:00:00']],
    ['@yearly', ['2027-01-01T00:00:00', '2028-01-01T00:00:00', '2029-01-01T00:00:00']],
  ])('%s', (expression, expected) => {
    expect(times(cron(expression), '2026-01-31T00:00:00Z', 3)).toEqual(
      expected.map((time) => `${time}+00:00`),
    );
  });

  it.each(['', '* * *', '61 * * * *', '0 0 * * MON#6', '@reboot', '* * * * * * 2027', '0 0 30 2 *', 'soon'])(
    'refuses %j, and says why',
    (expression) => {
      expect(() => fireTimesOf({ kind: 'cron', expression, timezone: 'UTC', jitterSeconds: 0 }, 0)).toThrow(
        /This is not a cron expression|This time never comes/,
      );
    },
  );
});

describe('daylight saving', () => {
  it.each([
    // Europe/Berlin: 02:00 → 03:00 on 29 March, 03:00 → 02:00 on 25 October 2026.
    [
      '30 2 * * *',
      'Europe/Berlin',
      '2026-03-28T00:00:00Z',
      ['2026-03-28T02:30:00+01:00', '2026-03-29T03:00:00+02:00 time_skipped', '2026-03-30T02:30:00+02:00'],
    ],
    [
      '30 2 * * *',
      'Europe/Berlin',
      '2026-10-24T00:00:00Z',
      ['2026-10-24T02:30:00+02:00', '2026-10-25T02:30:00+02:00 time_repeated', '2026-10-26T02:30:00+01:00'],
    ],
    // Four times that do not exist are one, and it is not run again for the time that does.
    [
      '*/15 2-3 * * *',
      'Europe/Berlin',
      '2026-03-29T00:00:00Z',
      ['2026-03-29T03:00:00+02:00 time_skipped', '2026-03-29T03:15:00+02:00'],
    ],
    // Each of the times that occur twice runs once.
    [
      '0,30 * * * *',
      'Europe/Berlin',
      '2026-10-24T23:45:00Z',
      [
        '2026-10-25T02:00:00+02:00 time_repeated',
        '2026-10-25T02:30:00+02:00 time_repeated',
        '2026-10-25T03:00:00+01:00',
      ],
    ],
    // America/New_York: 02:00 → 03:00 on 8 March, 02:00 → 01:00 on 1 November 2026.
    [
      '0 2 * * *',
      'America/New_York',
      '2026-03-07T12:00:00Z',
      ['2026-03-08T03:00:00-04:00 time_skipped', '2026-03-09T02:00:00-04:00'],
    ],
    [
      '15 1 * * *',
      'America/New_York',
      '2026-10-31T12:00:00Z',
      ['2026-11-01T01:15:00-04:00 time_repeated', '2026-11-02T01:15:00-05:00'],
    ],
    // Australia/Lord_Howe moves by half an hour: 02:00 → 02:30 on 4 October, 02:00 → 01:30 on 5 April 2026.
    [
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00:00Z',
      ['2026-10-04T02:30:00+11:00 time_skipped', '2026-10-05T02:15:00+11:00'],
    ],
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T00:00:00Z',
      ['2026-04-05T01:45:00+11:00 time_repeated', '2026-04-06T01:45:00+10:30'],
    ],
    // America/Sao_Paulo jumped over midnight on 4 November 2018, and has not changed its clocks since 2019.
    [
      '0 0 * * *',
      'America/Sao_Paulo',
      '2018-11-03T12:00:00Z',
      ['2018-11-04T01:00:00-02:00 time_skipped', '2018-11-05T00:00:00-02:00'],
    ],
    [
      '30 23 * * *',
      'America/Sao_Paulo',
      '2019-02-16T12:00:00Z',
      ['2019-02-16T23:30:00-02:00 time_repeated', '2019-02-17T23:30:00-03:00'],
    ],
    [
      '0 0 * * *',
      'America/Sao_Paulo',
      '2026-11-01T12:00:00Z',
      ['2026-11-02T00:00:00-03:00', '2026-11-03T00:00:00-03:00'],
    ],
    // Pacific/Apia had no 30 December 2011.
    [
      '0 9 * * *',
      'Pacific/Apia',
      '2011-12-29T00:00:00Z',
      ['2011-12-29T09:00:00-10:00', '2011-12-31T00:00:00+14:00 time_skipped', '2011-12-31T09:00:00+14:00'],
    ],
  ])('%s in %s after %s', (expression, timezone, from, expected) => {
    expect(times(cron(expression, timezone), from, expected.length)).toEqual(expected);
  });

  it('does not run a repeated time again, whenever it looks', () => {
    const next = fireTimesOf(scheduleSchema.parse(cron('30 2 * * *', 'Europe/Berlin')), 0);
    for (let minute = 0; minute < 90; minute += 1) {
      // 00:30Z is the first 02:30 of the day, 01:30Z the second.
      const after = Date.parse('2026-10-25T00:30:00Z') + minute * 60_000;
      expect(next(after)?.at).toBe(Date.parse('2026-10-26T01:30:00Z'));
    }
  });

  it('is fast also in the middle of a repeated hour of a schedule by the second', () => {
    const next = fireTimesOf(scheduleSchema.parse(cron('* * * * * *', 'Europe/Berlin')), 0);
    expect(next(Date.parse('2026-10-25T01:10:00Z'))?.at).toBe(Date.parse('2026-10-25T02:00:00Z'));
  });
});

describe('an interval', () => {
  it('is elapsed time from its anchor, also over a change of the clocks', () => {
    const every: ScheduleInput = {
      kind: 'interval',
      everySeconds: 6 * 3600,
      anchorAt: '2026-03-28T10:00:00Z',
      timezone: 'Europe/Berlin',
    };
    expect(times(every, '2026-03-28T00:00:00Z', 4)).toEqual([
      '2026-03-28T11:00:00+01:00',
      '2026-03-28T17:00:00+01:00',
      '2026-03-28T23:00:00+01:00',
      '2026-03-29T06:00:00+02:00',
    ]);
  });

  it('begins at the creation of the event when no anchor is named', () => {
    expect(
      times({ kind: 'interval', everySeconds: 90 }, '2026-01-01T00:02:00Z', 2, '2026-01-01T00:00:07Z'),
    ).toEqual(['2026-01-01T00:03:07+00:00', '2026-01-01T00:04:37+00:00']);
  });

  it('keeps to its start and its end', () => {
    const bounded: ScheduleInput = {
      kind: 'interval',
      everySeconds: 3600,
      anchorAt: '2026-01-01T00:00:00Z',
      startAt: '2026-01-02T00:00:00Z',
      endAt: '2026-01-02T02:00:00Z',
    };
    expect(times(bounded, '2026-01-01T00:00:00Z', 9)).toEqual([
      '2026-01-02T00:00:00+00:00',
      '2026-01-02T01:00:00+00:00',
    ]);
  });
});

describe('once', () => {
  it.each([
    ['2026-12-24T18:00:00', '2026-12-24T18:00:00+01:00'],
    ['2026-12-24T18:00:00Z', '2026-12-24T19:00:00+01:00'],
    ['2026-12-24T18:00:00-05:00', '2026-12-25T00:00:00+01:00'],
    ['2026-03-29T02:30:00', '2026-03-29T03:00:00+02:00 time_skipped'],
  ])('%s in Berlin is %s', (at, expected) => {
    expect(times({ kind: 'once', at, timezone: 'Europe/Berlin' }, '2026-01-01T00:00:00Z', 3)).toEqual([
      expected,
    ]);
  });
});

it('never runs what is manual', () => {
  expect(times({ kind: 'manual' }, '2026-01-01T00:00:00Z', 1)).toEqual([]);
});

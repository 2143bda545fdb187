import { importPreviewSchema, calendarRuleWords } from '@cronium/contracts';

import { readIcs } from './ics';

const now = new Date('2026-05-01T12:00:00Z');

const file = (...lines: string[]) =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', ...lines, 'END:VCALENDAR'].join('\r\n');
const event = (...lines: string[]) => ['BEGIN:VEVENT', 'UID:one@example.com', ...lines, 'END:VEVENT'];
/** What is found, in words. */
const found = (ics: string, timezone = 'Europe/Berlin') =>
  importPreviewSchema.parse(readIcs(ics, timezone, now)).rules.map(calendarRuleWords);

/** Of an office program, whose zones have names of its own. */
const ownZone = [
  'BEGIN:VTIMEZONE',
  'TZID:Customized Time Zone',
  ...['BEGIN:STANDARD', 'DTSTART:16010101T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100'],
  ...['RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10', 'END:STANDARD'],
  ...['BEGIN:DAYLIGHT', 'DTSTART:16010101T020000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200'],
  ...['RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3', 'END:DAYLIGHT'],
  'END:VTIMEZONE',
];

describe('an iCalendar file', () => {
  it.each<[string, string[], string[]]>([
    ['a day', event('SUMMARY:Labour day', 'DTSTART;VALUE=DATE:20260501'), ['Labour day (1 May 2026)']],
    [
      'several days, whose end is the day after',
      event('SUMMARY:Christmas\\, and after', 'DTSTART;VALUE=DATE:20261224', 'DTEND;VALUE=DATE:20261227'),
      ['Christmas, and after (24 Dec 2026 – 26 Dec 2026)'],
    ],
    [
      'an instant',
      event('SUMMARY:Move', 'DTSTART:20260701T080000Z', 'DTEND:20260701T093000Z'),
      ['Move (2026-07-01 08:00 – 2026-07-01 09:30 UTC)'],
    ],
    [
      'a time without a zone, on the clock of the calendar',
      event('DTSTART:20260701T080000', 'DURATION:PT1H'),
      ['2026-07-01 06:00 – 2026-07-01 07:00 UTC'],
    ],
    [
      'a zone by its name, without a definition',
      event('DTSTART;TZID=America/New_York:20260701T080000', 'DTEND;TZID=America/New_York:20260701T090000'),
      ['2026-07-01 12:00 – 2026-07-01 13:00 UTC'],
    ],
    [
      'a zone that the file defines',
      [
        ...ownZone,
        ...event(
          'DTSTART;TZID=Customized Time Zone:20261024T080000',
          'DTEND;TZID=Customized Time Zone:20261024T090000',
          'RRULE:FREQ=DAILY;COUNT=2',
        ),
      ],
      ['2026-10-24 06:00 – 2026-10-24 07:00 UTC', '2026-10-25 07:00 – 2026-10-25 08:00 UTC'],
    ],
    [
      'a recurrence over a change of the clocks, without what is excepted',
      event(
        'DTSTART;TZID=Europe/Berlin:20261023T220000',
        'DTEND;TZID=Europe/Berlin:20261024T020000',
        'RRULE:FREQ=DAILY;UNTIL=20261027T000000Z',
        'EXDATE;TZID=Europe/Berlin:20261024T220000',
      ),
      [
        '2026-10-23 20:00 – 2026-10-24 00:00 UTC',
        '2026-10-25 21:00 – 2026-10-26 01:00 UTC',
        '2026-10-26 21:00 – 2026-10-27 01:00 UTC',
      ],
    ],
    [
      'a recurrence of which one time was moved, and one cancelled',
      [
        ...event(
          'SUMMARY:Patch',
          'DTSTART:20260601T200000Z',
          'DTEND:20260601T210000Z',
          'RRULE:FREQ=DAILY;COUNT=3',
        ),
        ...event(
          'SUMMARY:Patch, later',
          'RECURRENCE-ID:20260602T200000Z',
          'DTSTART:20260602T220000Z',
          'DTEND:20260602T230000Z',
        ),
        ...event('RECURRENCE-ID:20260603T200000Z', 'DTSTART:20260603T200000Z', 'STATUS:CANCELLED'),
      ],
      ['Patch (2026-06-01 20:00 – 2026-06-01 21:00 UTC)', 'Patch (2026-06-02 22:00 – 2026-06-02 23:00 UTC)'],
    ],
    [
      'a birthday without an end, from last year to five years ahead',
      event('DTSTART;VALUE=DATE:19800229', 'RRULE:FREQ=YEARLY'),
      ['29 Feb 2028'],
    ],
  ])('has %s', (_, lines, expected) => {
    expect(found(file(...lines))).toEqual(expected);
  });

  it('tells its name and its zone, and counts what it leaves out', () => {
    const cancelled = event('DTSTART;VALUE=DATE:20260501', 'STATUS:CANCELLED');
    const past = event('DTSTART;VALUE=DATE:20200501');
    const read = readIcs(
      file('X-WR-CALNAME:Holidays', 'X-WR-TIMEZONE:Europe/Paris', ...cancelled, ...past),
      'UTC',
      now,
    );
    expect(read).toMatchObject({ name: 'Holidays', timezone: 'Europe/Paris', rules: [], leftOut: 2 });
  });

  it.each<[string, string, RegExp]>([
    ['another file', 'id,name\n1,a', /begins with BEGIN:VCALENDAR/],
    ['a file that was cut', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20260501T1', /cannot be read/],
    ['one without entries', file('X-WR-CALNAME:Empty'), /no entries/],
    [
      'a zone that nobody knows',
      file(...event('DTSTART;TZID=Mars/Olympus:20260701T080000', 'DURATION:PT1H')),
      /“Mars\/Olympus” is neither known nor defined/,
    ],
    [
      'a recurrence that is none',
      file(...event('SUMMARY:Odd', 'DTSTART:20260701T080000Z', 'RRULE:FREQ=WEEKLY;BYDAY=XX')),
      /BYDAY/,
    ],
    [
      'too many times',
      file(...event('DTSTART:20260501T000000Z', 'DTEND:20260501T001000Z', 'RRULE:FREQ=HOURLY')),
      /more than 2,000 times/,
    ],
    [
      'a recurrence that never comes true',
      file(...event('DTSTART:20260701T080000Z', 'DURATION:PT1H', 'RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30')),
      /take too long/,
    ],
  ])('is refused with the reason: %s', (_, ics, reason) => {
    expect(() => readIcs(ics, 'UTC', now)).toThrow(reason);
  });
});

import type { Calendar } from '@cronium/contracts';

import {
  calendarFormSchema,
  newCalendarForm,
  newRow,
  toCalendarForm,
  toCreateCalendar,
  toUpdateCalendar,
  type CalendarForm,
  type RuleRow,
} from './calendar-form';

const form = (...rules: RuleRow[]): CalendarForm => ({
  ...newCalendarForm(),
  name: 'Quiet',
  timezone: 'Europe/Berlin',
  rules,
});
/** Where something is wrong. */
const paths = (value: CalendarForm) => [
  ...new Set((calendarFormSchema.safeParse(value).error?.issues ?? []).map(({ path }) => path.join('.'))),
];

describe('the form of a calendar', () => {
  it('sends of each rule what its kind has', () => {
    const today = '2026-05-01';
    const rules = toCreateCalendar(
      form(
        newRow('weekly'),
        newRow('dates', today),
        { ...newRow('yearly'), label: 'New year' },
        newRow('window', today),
      ),
    ).rules;
    expect(rules).toEqual([
      { kind: 'weekly', days: ['sat', 'sun'], from: '00:00', to: '24:00', label: '' },
      { kind: 'dates', from: today, to: today, label: '' },
      { kind: 'yearly', month: 1, day: 1, label: 'New year' },
      // On the clock of Berlin, in summer.
      { kind: 'window', from: '2026-05-01T16:00:00.000Z', to: '2026-05-01T20:00:00.000Z', label: '' },
    ]);
  });

  it('comes back as it was', () => {
    const value = form(newRow('weekly'), newRow('dates'), newRow('yearly'), {
      ...newRow('window'),
      from: '2026-10-25T18:00',
      to: '2026-10-26T06:00:30',
    });
    const saved = { ...toUpdateCalendar(value), imported: null } as Calendar;
    expect(toCalendarForm(saved)).toEqual(value);
  });

  it.each<[string, CalendarForm, string[]]>([
    ['nothing', form(newRow('weekly'), newRow('dates'), newRow('yearly'), newRow('window')), []],
    ['no name', { ...form(), name: '' }, ['name']],
    ['no zone', { ...form(newRow('window')), timezone: 'Nowhere' }, ['timezone']],
    ['no day', form({ ...newRow('weekly'), days: [] }), ['rules.0.days']],
    ['no time', form({ ...newRow('window'), to: '' }), ['rules.0.to']],
    [
      'an end before the start',
      form({ ...newRow('dates'), from: '2026-05-02', to: '2026-05-01' }),
      ['rules.0.to'],
    ],
    ['no such date', form({ ...newRow('yearly'), month: 2, day: 30 }), ['rules.0.day']],
    ['an empty number', form({ ...newRow('yearly'), day: null }), ['rules.0.day']],
  ])('finds fault with %s', (_, value, expected) => {
    expect(paths(value)).toEqual(expected);
  });
});

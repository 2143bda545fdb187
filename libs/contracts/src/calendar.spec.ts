import { type CalendarRuleInput, calendarRuleSchema, createCalendarSchema } from './calendar';
import { calendarRuleWords } from './calendar-words';

describe('a rule in words', () => {
  it.each<[CalendarRuleInput, string]>([
    [
      { kind: 'weekly', days: ['tue', 'mon', 'wed', 'sat'], from: '08:00', to: '24:00' },
      'Mon–Wed, Sat 08:00–24:00',
    ],
    [
      { kind: 'weekly', days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '22:00', to: '06:00' },
      'every day 22:00–06:00',
    ],
    [{ kind: 'dates', from: '2026-05-01', to: '2026-05-01' }, '1 May 2026'],
    [
      { kind: 'dates', from: '2026-12-24', to: '2027-01-02', label: 'Closed' },
      'Closed (24 Dec 2026 – 2 Jan 2027)',
    ],
    [{ kind: 'yearly', month: 2, day: 29 }, '29 February, every year'],
    [
      { kind: 'window', from: '2026-05-01T10:00:00+02:00', to: '2026-05-01T12:00:00+02:00' },
      '2026-05-01 08:00 – 2026-05-01 10:00 UTC',
    ],
  ])('%j is “%s”', (rule, words) => {
    expect(calendarRuleWords(calendarRuleSchema.parse(rule))).toBe(words);
  });
});

describe('createCalendarSchema', () => {
  it('fills in what is left out', () => {
    expect(createCalendarSchema.parse({ name: ' Nights ', kind: 'blackout' })).toEqual({
      ...{ name: 'Nights', kind: 'blackout', description: '' },
      ...{ timezone: 'UTC', visibility: 'private', rules: [] },
    });
  });

  it.each<[object, string]>([
    [{ kind: 'weekly', days: [], from: '08:00', to: '09:00' }, 'days'],
    [{ kind: 'weekly', days: ['mon', 'mon'], from: '08:00', to: '09:00' }, 'days'],
    [{ kind: 'weekly', days: ['mon'], from: '24:00', to: '09:00' }, 'from'],
    [{ kind: 'weekly', days: ['mon'], from: '08:00', to: '24:01' }, 'to'],
    [{ kind: 'dates', from: '2026-02-30', to: '2026-03-01' }, 'from'],
    [{ kind: 'yearly', month: 2, day: 30 }, 'day'],
    [{ kind: 'window', from: '2026-05-01T10:00:00', to: '2026-05-01T12:00:00Z' }, 'from'],
    [{ kind: 'window', from: '2026-05-01T10:00:00Z', to: '2026-05-01T12:00:00+02:00' }, 'to'],
  ])('refuses the rule %j at %s', (rule, path) => {
    const { error } = createCalendarSchema.safeParse({ name: 'Odd', kind: 'blackout', rules: [rule] });
    expect(error?.issues.map((issue) => issue.path.join('.'))).toEqual([`rules.0.${path}`]);
  });
});

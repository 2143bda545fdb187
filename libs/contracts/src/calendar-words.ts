import { type CalendarRule, type Weekday, weekdaySchema } from './calendar';

const dayWords: Record<Weekday, string> = {
  mon: 'Mon',
  tue: 'Tue',
  wed: 'Wed',
  thu: 'Thu',
  fri: 'Fri',
  sat: 'Sat',
  sun: 'Sun',
};

/** A rule for a person, with its label if it has one: `Christmas (25 December, every year)`. */
export function calendarRuleWords(rule: CalendarRule): string {
  const when = calendarRuleTimes(rule);
  return rule.label === '' ? when : `${rule.label} (${when})`;
}

/** When a rule is, for a person: `Mon–Fri 22:00–06:00`. */
export function calendarRuleTimes(rule: CalendarRule): string {
  switch (rule.kind) {
    case 'weekly':
      return `${weekdayWords(rule.days)} ${rule.from}–${rule.to}`;
    case 'dates':
      return rule.from === rule.to ? dateWords(rule.from) : `${dateWords(rule.from)} – ${dateWords(rule.to)}`;
    case 'yearly':
      return `${rule.day} ${new Date(Date.UTC(2024, rule.month - 1)).toLocaleString('en-GB', { month: 'long', timeZone: 'UTC' })}, every year`;
    case 'window':
      return `${instantWords(rule.from)} – ${instantWords(rule.to)} UTC`;
  }
}

/** `Mon–Fri`, `Sat, Sun`, `every day`: three days or more in a row are a range. */
export function weekdayWords(days: readonly Weekday[]): string {
  if (days.length === 7) return 'every day';
  const rows: Weekday[][] = [];
  for (const day of weekdaySchema.options.filter((one) => days.includes(one))) {
    const row = rows.at(-1);
    const before = row?.at(-1);
    if (row && before && weekdaySchema.options.indexOf(day) === weekdaySchema.options.indexOf(before) + 1) {
      row.push(day);
    } else {
      rows.push([day]);
    }
  }
  return rows.map(rowWords).join(', ');
}

function rowWords(row: readonly Weekday[]): string {
  const words = row.map((day) => dayWords[day]);
  return words.length > 2 ? `${words[0] ?? ''}–${words.at(-1) ?? ''}` : words.join(', ');
}

function dateWords(date: string): string {
  return new Date(`${date}T00:00:00Z`).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  });
}

function instantWords(instant: string): string {
  return new Date(instant).toISOString().slice(0, 16).replace('T', ' ');
}

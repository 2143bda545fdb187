import type { CalendarKind, CalendarRule, CalendarVisibility, Weekday } from '@cronium/contracts';

export const calendarKindWords: Record<CalendarKind, { word: string; note: string }> = {
  blackout: { word: 'Blackout', note: 'Nothing that is planned within its times runs.' },
  allow_only: { word: 'Allows only', note: 'Only what is planned within its times runs.' },
};

export const visibilityWords: Record<CalendarVisibility, string> = {
  private: 'Only events of its owner',
  everyone: 'Everyone’s events',
};

export const ruleKindWords: Record<CalendarRule['kind'], string> = {
  weekly: 'Every week',
  dates: 'Dates',
  yearly: 'Every year',
  window: 'From – to',
};

export const dayLetters: Record<Weekday, { letters: string; word: string }> = {
  mon: { letters: 'Mo', word: 'Monday' },
  tue: { letters: 'Tu', word: 'Tuesday' },
  wed: { letters: 'We', word: 'Wednesday' },
  thu: { letters: 'Th', word: 'Thursday' },
  fri: { letters: 'Fr', word: 'Friday' },
  sat: { letters: 'Sa', word: 'Saturday' },
  sun: { letters: 'Su', word: 'Sunday' },
};

/** `1 rule`, `12 rules`. */
export function counted(count: number, one: string): string {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}

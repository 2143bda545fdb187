import {
  createCalendarSchema,
  isTimezone,
  type Calendar,
  type CalendarKind,
  type CalendarRule,
  type CalendarRuleInput,
  type CalendarVisibility,
  type CreateCalendarInput,
  type ImportCalendarInput,
  type UpdateCalendar,
  type Weekday,
} from '@cronium/contracts';

import { checkedBy } from '../../shared/form/checked-by';
import { clockIn, instantIn } from '../../shared/time/zone-clock';

/**
 * A rule as the editor edits it: the fields of every kind, of which those of its kind are sent. `from` and `to` are what the input of the
 * kind holds: times of the day, dates, or times on the calendar's clock. The end of a day is `00:00`.
 */
export interface RuleRow {
  kind: CalendarRule['kind'];
  days: Weekday[];
  from: string;
  to: string;
  month: number | null;
  day: number | null;
  label: string;
}

/** A calendar as the editor edits it. Fields are named and nested as in the API, so that its errors find their field. */
export interface CalendarForm {
  name: string;
  description: string;
  kind: CalendarKind;
  timezone: string;
  visibility: CalendarVisibility;
  rules: RuleRow[];
}

export function newCalendarForm(): CalendarForm {
  return {
    name: '',
    description: '',
    kind: 'blackout',
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    visibility: 'private',
    rules: [],
  };
}

/** What a new row of a kind begins with. */
export function newRow(kind: RuleRow['kind'], today = new Date().toISOString().slice(0, 10)): RuleRow {
  const row: RuleRow = { kind, days: [], from: '', to: '', month: 1, day: 1, label: '' };
  switch (kind) {
    case 'weekly':
      return { ...row, days: ['sat', 'sun'], from: '00:00', to: '00:00' };
    case 'dates':
      return { ...row, from: today, to: today };
    case 'yearly':
      return row;
    case 'window':
      return { ...row, from: `${today}T18:00`, to: `${today}T22:00` };
  }
}

export function toCalendarForm(calendar: Calendar): CalendarForm {
  const { name, description, kind, timezone, visibility, rules } = calendar;
  const rows = rules.map((rule) => toRow(rule, timezone));
  return { name, description, kind, timezone, visibility, rules: rows };
}

function toRow(rule: CalendarRule, timezone: string): RuleRow {
  const row = { ...newRow(rule.kind), label: rule.label };
  switch (rule.kind) {
    case 'weekly':
      return { ...row, days: rule.days, from: rule.from, to: rule.to === '24:00' ? '00:00' : rule.to };
    case 'dates':
      return { ...row, from: rule.from, to: rule.to };
    case 'yearly':
      return { ...row, month: rule.month, day: rule.day };
    case 'window':
      return { ...row, from: fieldTime(rule.from, timezone), to: fieldTime(rule.to, timezone) };
  }
}

/** As the field itself writes it: without seconds that are none. */
function fieldTime(instant: string, timezone: string): string {
  return clockIn(timezone, instant).replace(/:00$/, '');
}

function toRule({ kind, days, from, to, month, day, label }: RuleRow, timezone: string): CalendarRuleInput {
  switch (kind) {
    case 'weekly':
      return { kind, days, from, to: to === '00:00' ? '24:00' : to, label };
    case 'dates':
      return { kind, from, to, label };
    case 'yearly':
      return { kind, month: month ?? 0, day: day ?? 0, label };
    case 'window': {
      // A zone that is none has an error of its own.
      const zone = isTimezone(timezone) ? timezone : 'UTC';
      return { kind, from: instantIn(zone, from) ?? '', to: instantIn(zone, to) ?? '', label };
    }
  }
}

/** Body of `POST /api/calendars`. */
export function toCreateCalendar(
  form: CalendarForm,
  file: ImportCalendarInput | null = null,
): CreateCalendarInput {
  const timezone = form.timezone.trim();
  const rules = form.rules.map((row) => toRule(row, timezone));
  return { ...form, timezone, rules, ...(file ? { import: file } : {}) };
}

/** Body of `PATCH /api/calendars/:id`. */
export function toUpdateCalendar(form: CalendarForm): UpdateCalendar {
  return toCreateCalendar(form) as UpdateCalendar;
}

/** What the API will check, checked here with the same schema. */
export const calendarFormSchema = checkedBy<CalendarForm>(createCalendarSchema, (form) =>
  toCreateCalendar(form),
);

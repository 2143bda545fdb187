import type { Calendar as CalendarDto, CalendarSummary } from '@cronium/contracts';

import { type Caller, mayManageCalendar } from '../auth/policy';
import type { Calendar } from './calendar.entity';

/** What of other tables is shown of a calendar. */
export interface CalendarRelations {
  readonly owner: CalendarDto['owner'];
  readonly usedBy: number;
}

export function toCalendarDto(calendar: Calendar, relations: CalendarRelations, caller: Caller): CalendarDto {
  const { rules, importedRules, importedFile, importedAt } = calendar;
  return {
    ...shared(calendar, relations, caller),
    rules,
    imported: importedAt && {
      fileName: importedFile ?? '',
      at: importedAt.toISOString(),
      rules: importedRules,
    },
  };
}

/** @param ruleCount which a list counts without reading the rules */
export function toCalendarSummary(
  calendar: Calendar,
  relations: CalendarRelations,
  caller: Caller,
  ruleCount: number,
): CalendarSummary {
  return { ...shared(calendar, relations, caller), ruleCount };
}

function shared(calendar: Calendar, { owner, usedBy }: CalendarRelations, caller: Caller) {
  const { id, name, description, kind, timezone, visibility, createdAt, updatedAt } = calendar;
  return {
    ...{ id, name, description, kind, timezone, visibility, owner },
    access: mayManageCalendar(caller, calendar) ? ('manage' as const) : ('use' as const),
    usedBy,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { type Caller, maySeeCalendar } from '../auth/policy';
import { DomainError } from '../http/domain-error';
import { Calendar } from './calendar.entity';
import type { CalendarTimes } from './calendar-stops';

/** Calendars as events and previews need them. */
@Injectable()
export class CalendarLookup {
  /**
   * The calendars with these ids, in their order, if this person may see each of them.
   * @throws DomainError that names the first one that is not there or not theirs
   */
  async usable(
    manager: EntityManager,
    person: Pick<Caller, 'id' | 'role'>,
    ids: readonly string[],
  ): Promise<CalendarTimes[]> {
    if (ids.length === 0) return [];
    const found = await manager
      .createQueryBuilder(Calendar, 'calendar')
      .where('calendar.id = ANY(:ids)', { ids })
      .getMany();
    return ids.map((id, index) => {
      const calendar = found.find((one) => one.id === id);
      if (calendar && maySeeCalendar(person, calendar)) return toTimes(calendar);
      const message = calendar
        ? `“${calendar.name}” is private, and not the event owner’s. Choose another calendar.`
        : 'There is no such calendar; choose another.';
      throw new DomainError('invalid', 'calendar_not_usable', message, [
        { path: `body.calendarIds.${index}`, message },
      ]);
    });
  }

  /** The calendars that an event keeps to, in their order. */
  async ofEvent(manager: EntityManager, eventId: string): Promise<CalendarTimes[]> {
    return (await this.ofEvents(manager, [eventId])).get(eventId) ?? [];
  }

  /** The same of several events, by the event's id; an event without a calendar is left out. */
  async ofEvents(manager: EntityManager, eventIds: readonly string[]): Promise<Map<string, CalendarTimes[]>> {
    const used = await manager.query<{ event_id: string; calendar_id: string }[]>(
      'SELECT event_id, calendar_id FROM event_calendars WHERE event_id = ANY($1) ORDER BY position',
      [eventIds],
    );
    if (used.length === 0) return new Map();
    const ids = [...new Set(used.map(({ calendar_id }) => calendar_id))];
    const calendars = await manager
      .createQueryBuilder(Calendar, 'calendar')
      .where('calendar.id = ANY(:ids)', { ids })
      .getMany();
    const times = new Map(calendars.map((calendar) => [calendar.id, toTimes(calendar)]));
    const byEvent = new Map<string, CalendarTimes[]>();
    for (const { event_id, calendar_id } of used) {
      const calendar = times.get(calendar_id);
      if (calendar) byEvent.set(event_id, [...(byEvent.get(event_id) ?? []), calendar]);
    }
    return byEvent;
  }
}

function toTimes({ id, name, kind, timezone, rules, importedRules }: Calendar): CalendarTimes {
  return { id, name, kind, timezone, rules: [...rules, ...importedRules] };
}

import type { PreviewSchedule, SchedulePreview } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Caller } from '../auth/policy';
import { CalendarLookup } from '../calendars/calendar-lookup';
import { stopsOf } from '../calendars/calendar-stops';
import { EventsService } from '../events/events.service';
import { previewOf } from './preview';

/** Shows what a schedule would do before it is saved. */
@Injectable()
export class SchedulePreviews {
  constructor(
    private readonly database: DataSource,
    private readonly events: EventsService,
    private readonly calendars: CalendarLookup,
  ) {}

  /** @throws DomainError that names the field, or when there is no such event that the caller may see */
  async preview(caller: Caller, request: PreviewSchedule): Promise<SchedulePreview> {
    const { schedule, eventId, calendarIds } = request;
    const now = new Date();
    const [basis, calendars] = await Promise.all([
      eventId === undefined
        ? { anchor: now, runsSoFar: 0 }
        : this.events.previewBasis(caller, eventId, schedule),
      this.calendars.usable(this.database.manager, caller, calendarIds),
    ]);
    return previewOf(request, basis, stopsOf(calendars), now);
  }
}

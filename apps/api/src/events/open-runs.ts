import { Injectable } from '@nestjs/common';
import { type EntityManager, In } from 'typeorm';

import { CalendarLookup } from '../calendars/calendar-lookup';
import { stopsOf } from '../calendars/calendar-stops';
import { Notifications } from '../database/notifications';
import { planAnew } from '../scheduler/plan';
import { Event } from './event.entity';
import { scheduledOf } from './scheduled-events';

/** Events planned with one statement. */
const batch = 500;

/** Keeps the next run of events right when a calendar of theirs changes. */
@Injectable()
export class OpenRuns {
  constructor(
    private readonly calendars: CalendarLookup,
    private readonly notifications: Notifications,
  ) {}

  /** Within the transaction that changes a calendar, after the change: claims made with the calendar as it was before fail. */
  async planAnew(transaction: EntityManager, eventIds: readonly string[]): Promise<void> {
    // In one order, so that two changes do not wait for each other.
    const ids = [...eventIds].sort();
    for (let from = 0; from < ids.length; from += batch) {
      await this.planBatch(transaction, ids.slice(from, from + batch));
    }
    if (ids.length > 0) await this.notifications.publish(transaction, { kind: 'schedule.changed' });
  }

  private async planBatch(transaction: EntityManager, ids: readonly string[]): Promise<void> {
    const events = await transaction.find(Event, {
      where: { id: In(ids) },
      order: { id: 'ASC' },
      lock: { mode: 'pessimistic_write' },
    });
    const calendars = await this.calendars.ofEvents(transaction, ids);
    const plans = events.map((event) =>
      planAnew(scheduledOf(event), event, stopsOf(calendars.get(event.id) ?? [])),
    );
    await transaction.query(
      `UPDATE events SET next_open_run_at = plan.at, calendar_changes = calendar_changes + 1
         FROM unnest($1::uuid[], $2::timestamptz[]) AS plan(id, at) WHERE events.id = plan.id`,
      [events.map(({ id }) => id), plans.map(({ nextOpenRunAt }) => nextOpenRunAt)],
    );
  }
}

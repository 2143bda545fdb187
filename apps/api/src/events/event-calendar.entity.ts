import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A calendar that an event keeps to, in the order that was chosen. */
@Entity('event_calendars')
export class EventCalendar {
  @PrimaryColumn('uuid', { name: 'event_id' })
  eventId: string;

  @PrimaryColumn('uuid', { name: 'calendar_id' })
  calendarId: string;

  @Column('integer')
  position: number;
}

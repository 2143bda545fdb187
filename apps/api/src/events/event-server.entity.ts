import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Where an event runs, in the order that was chosen. */
@Entity('event_servers')
export class EventServer {
  @PrimaryColumn('uuid', { name: 'event_id' })
  eventId: string;

  @PrimaryColumn('uuid', { name: 'server_id' })
  serverId: string;

  @Column('integer')
  position: number;
}

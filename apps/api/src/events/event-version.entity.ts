import type { EventType } from '@cronium/contracts';
import type { ResourceLimitOverrides } from '@cronium/server-types';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

import type { StoredEnvironmentEntry } from './stored-environment';

/** What an event was at one save: what an execution of that version runs, whatever is saved afterwards. */
@Entity('event_versions')
export class EventVersion {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'event_id', nullable: true })
  eventId: string | null;

  @Column('integer')
  version: number;

  @Column('text')
  type: EventType;

  @Column('text')
  content: string;

  @Column('integer', { name: 'timeout_seconds' })
  timeoutSeconds: number;

  @Column('jsonb')
  environment: StoredEnvironmentEntry[];

  @Column('jsonb')
  limits: ResourceLimitOverrides;

  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy: string | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;
}

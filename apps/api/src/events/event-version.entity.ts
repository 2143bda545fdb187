import type { EventType } from '@cronium/contracts';
import type { ResourceLimitOverrides } from '@cronium/server-types';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

import type { StoredSnapshot } from './event-snapshot';
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

  @Column('integer', { name: 'setup_timeout_seconds' })
  setupTimeoutSeconds: number;

  @Column('integer', { name: 'cleanup_timeout_seconds' })
  cleanupTimeoutSeconds: number;

  @Column('jsonb')
  environment: StoredEnvironmentEntry[];

  @Column('jsonb')
  limits: ResourceLimitOverrides;

  /** The rest of what the save held. */
  @Column('jsonb')
  snapshot: StoredSnapshot;

  @Column('uuid', { name: 'created_by', nullable: true })
  createdBy: string | null;

  /** As it was then; null when it is not known. */
  @Column('text', { name: 'author_name', nullable: true })
  authorName: string | null;

  @Column('text', { nullable: true })
  note: string | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;
}

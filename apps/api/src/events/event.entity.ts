import type { EventType, Schedule } from '@cronium/contracts';
import type { ResourceLimitOverrides } from '@cronium/server-types';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

import type { StoredEnvironmentEntry } from './stored-environment';

@Entity('events')
export class Event {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @Column('text')
  name: string;

  @Column('text')
  description: string;

  @Column('text')
  type: EventType;

  @Column('text')
  content: string;

  @Column('jsonb')
  schedule: Schedule;

  @Column('integer', { name: 'timeout_seconds' })
  timeoutSeconds: number;

  @Column('jsonb')
  environment: StoredEnvironmentEntry[];

  @Column('jsonb')
  limits: ResourceLimitOverrides;

  @Column('text', { array: true })
  tags: string[];

  @Column('integer')
  version: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt: Date;
}

import type { EventType, ExecutionState, Trigger } from '@cronium/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('executions')
export class Execution {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'event_id', nullable: true })
  eventId: string | null;

  @Column('uuid', { name: 'event_version_id' })
  eventVersionId: string;

  @Column('text', { name: 'event_name' })
  eventName: string;

  @Column('text', { name: 'event_type' })
  eventType: EventType;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @Column('text')
  state: ExecutionState;

  @Column('text')
  trigger: Trigger;

  @Column('uuid', { name: 'triggered_by', nullable: true })
  triggeredBy: string | null;

  @Column('jsonb', { nullable: true })
  input: unknown;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey: string | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;
}

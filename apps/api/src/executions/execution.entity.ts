import type { EventType, ExecutionState, JobError, TargetStrategy, Trigger } from '@cronium/contracts';
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

  @Column('text', { name: 'target_strategy' })
  targetStrategy: TargetStrategy;

  /** Servers to go on to when one fails, in order. */
  @Column('uuid', { name: 'failover_servers', array: true })
  failoverServers: string[];

  @Column('uuid', { name: 'triggered_by', nullable: true })
  triggeredBy: string | null;

  @Column('jsonb', { nullable: true })
  input: unknown;

  @Column('text', { name: 'idempotency_key', nullable: true })
  idempotencyKey: string | null;

  /** When the schedule meant it to run. */
  @Column('timestamptz', { name: 'planned_at', nullable: true })
  plannedAt: Date | null;

  /** The same with its jitter. */
  @Column('timestamptz', { name: 'due_at', nullable: true })
  dueAt: Date | null;

  /** Why it was skipped; then it has no job. */
  @Column('jsonb', { nullable: true })
  error: JobError | null;

  /** Whether a later trigger may join it until it begins. */
  @Column('boolean', { name: 'may_be_joined', default: false })
  mayBeJoined: boolean;

  @Column('integer', { default: 1 })
  triggers: number;

  /** Where it stands in a trace (W3C Trace Context); null when it is in none. */
  @Column('text', { nullable: true })
  traceparent: string | null;

  @Column('text', { nullable: true })
  tracestate: string | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;
}

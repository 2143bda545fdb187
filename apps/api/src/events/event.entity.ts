import type {
  EventType,
  MisfirePolicy,
  OverlapPolicy,
  Priority,
  RetryInput,
  Schedule,
  TargetStrategy,
} from '@cronium/contracts';
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

  @Column('boolean')
  paused: boolean;

  @Column('text', { name: 'misfire_policy' })
  misfirePolicy: MisfirePolicy;

  @Column('integer', { name: 'misfire_window_seconds' })
  misfireWindowSeconds: number;

  /** The schedule's next time, before jitter. */
  @Column('timestamptz', { name: 'next_planned_at', nullable: true })
  nextPlannedAt: Date | null;

  /** The same with jitter. A process that changes it from what it read has claimed the run. */
  @Column('timestamptz', { name: 'next_run_at', nullable: true })
  nextRunAt: Date | null;

  /** The first run that its calendars let through, with jitter: what is shown. */
  @Column('timestamptz', { name: 'next_open_run_at', nullable: true })
  nextOpenRunAt: Date | null;

  /** Rises with each change of its calendars: a claim made with them as they were before fails. */
  @Column('integer', { name: 'calendar_changes', default: 0 })
  calendarChanges: number;

  /** Runs that the schedule has started, against its maximum. */
  @Column('integer', { name: 'scheduled_runs', default: 0 })
  scheduledRuns: number;

  @Column('text', { name: 'overlap_policy' })
  overlapPolicy: OverlapPolicy;

  @Column('integer', { name: 'max_concurrent_executions', nullable: true })
  maxConcurrentExecutions: number | null;

  @Column('integer', { name: 'max_queued_executions' })
  maxQueuedExecutions: number;

  @Column('text')
  priority: Priority;

  @Column('integer', { name: 'timeout_seconds' })
  timeoutSeconds: number;

  @Column('integer', { name: 'setup_timeout_seconds' })
  setupTimeoutSeconds: number;

  @Column('integer', { name: 'cleanup_timeout_seconds' })
  cleanupTimeoutSeconds: number;

  /** As it was set: what is left out has retrySchema's default. */
  @Column('jsonb')
  retry: RetryInput;

  @Column('integer', { name: 'debounce_seconds' })
  debounceSeconds: number;

  @Column('boolean')
  coalesce: boolean;

  @Column('jsonb')
  environment: StoredEnvironmentEntry[];

  @Column('jsonb')
  limits: ResourceLimitOverrides;

  @Column('text', { array: true })
  tags: string[];

  @Column('text', { name: 'target_strategy' })
  targetStrategy: TargetStrategy;

  /** Instead of a list of servers. */
  @Column('text', { name: 'server_tag', nullable: true })
  serverTag: string | null;

  /** Rises with every execution of strategy `round_robin`. */
  @Column('integer', { name: 'round_robin_turn', default: 0 })
  roundRobinTurn: number;

  @Column('integer')
  version: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt: Date;
}

import type { JobError, JobState } from '@cronium/contracts';
import type { ScriptHandle } from '@cronium/execution';
import type { JobUsage, ServerType } from '@cronium/server-types';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

@Entity('jobs')
export class Job {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'execution_id' })
  executionId: string;

  @Column('uuid', { name: 'server_id', nullable: true })
  serverId: string | null;

  @Column('text', { name: 'server_name' })
  serverName: string;

  @Column('text', { name: 'server_type' })
  serverType: ServerType;

  /** Whose turn it takes: the owner of its execution. */
  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @Column('uuid', { name: 'event_id', nullable: true })
  eventId: string | null;

  /** Its server's place in the order of the event. */
  @Column('integer')
  position: number;

  @Column('integer')
  attempt: number;

  @Column('text')
  state: JobState;

  /** See admission/precedence.ts. */
  @Column('smallint')
  precedence: number;

  /** Since when it has a place on its server; null while it waits for one, and again while its server is away. */
  @Column('timestamptz', { name: 'admitted_at', nullable: true })
  admittedAt: Date | null;

  /** It is not admitted earlier. */
  @Column('timestamptz', { name: 'not_before', nullable: true })
  notBefore: Date | null;

  /** Why it is held back: its server is away. */
  @Column('jsonb', { name: 'waiting_for', nullable: true })
  waitingFor: Pick<JobError, 'code' | 'message'> | null;

  @Column('timestamptz', { name: 'waiting_since', nullable: true })
  waitingSince: Date | null;

  @Column('timestamptz', { name: 'wait_until', nullable: true })
  waitUntil: Date | null;

  /** Waits that are over, together. */
  @Column('double precision', { name: 'waited_seconds' })
  waitedSeconds: number;

  @CreateDateColumn({ type: 'timestamptz', name: 'queued_at' })
  queuedAt: Date;

  @Column('timestamptz', { name: 'starting_at', nullable: true })
  startingAt: Date | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { name: 'script_ended_at', nullable: true })
  scriptEndedAt: Date | null;

  @Column('timestamptz', { name: 'ended_at', nullable: true })
  endedAt: Date | null;

  @Column('timestamptz', { name: 'cancel_requested_at', nullable: true })
  cancelRequestedAt: Date | null;

  @Column('integer', { name: 'exit_code', nullable: true })
  exitCode: number | null;

  @Column('text', { nullable: true })
  signal: string | null;

  @Column('jsonb', { nullable: true })
  error: JobError | null;

  @Column('jsonb', { nullable: true })
  usage: JobUsage | null;

  @Column('jsonb', { nullable: true })
  output: unknown;

  /** The process that has it. Another one's writes are refused. */
  @Column('uuid', { name: 'worker_id', nullable: true })
  workerId: string | null;

  /** Where the script runs; set before it starts, so that another process can take it over. */
  @Column('jsonb', { nullable: true })
  handle: ScriptHandle | null;

  /** Entries of the log that are stored: the last one's `seq`. */
  @Column('integer', { name: 'log_entries' })
  logEntries: number;

  @Column('bigint', { name: 'log_bytes' })
  logBytes: string;

  /** When the clean-up took the log away. */
  @Column('timestamptz', { name: 'log_removed_at', nullable: true })
  logRemovedAt: Date | null;

  /** The runner's last frame whose output is stored: where a resume goes on. */
  @Column('bigint', { name: 'log_frame' })
  logFrame: string;
}

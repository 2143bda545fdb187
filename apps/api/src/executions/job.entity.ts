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

  /** Its server's place in the order of the event. */
  @Column('integer')
  position: number;

  @Column('integer')
  attempt: number;

  @Column('text')
  state: JobState;

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

  /** Where the script runs; set before it starts, so that another process can take it over. */
  @Column('jsonb', { nullable: true })
  handle: ScriptHandle | null;

  /** Entries of the log that are stored: the last one's `seq`. */
  @Column('integer', { name: 'log_entries' })
  logEntries: number;

  @Column('bigint', { name: 'log_bytes' })
  logBytes: string;

  /** The runner's last frame whose output is stored: where a resume goes on. */
  @Column('bigint', { name: 'log_frame' })
  logFrame: string;
}

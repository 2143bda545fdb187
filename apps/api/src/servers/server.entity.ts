import type { ServerBroker, WhenQueueFull, WhenUnhealthy } from '@cronium/contracts';
import type { HostKey, ServerType } from '@cronium/server-types';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity('servers')
export class Server {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('text')
  description: string;

  @Column('text', { array: true })
  tags: string[];

  @Column('text')
  type: ServerType;

  @Column('boolean', { name: 'is_system_managed' })
  isSystemManaged: boolean;

  @Column('uuid', { name: 'owner_id', nullable: true })
  ownerId: string | null;

  /** As it was set: what is left out has containerConfigSchema's default. */
  @Column('jsonb', { name: 'container_config', nullable: true })
  containerConfig: unknown;

  /** Of containers on another machine; null where they are on the machine of this process. */
  @Column('jsonb', { name: 'broker', nullable: true })
  broker: ServerBroker | null;

  /** Sealed, see server-credentials.ts. */
  @Column('text', { name: 'broker_credentials', nullable: true })
  brokerCredentials: string | null;

  /** As it was set: what is left out has sshConfigSchema's default. */
  @Column('jsonb', { name: 'ssh_config', nullable: true })
  sshConfig: unknown;

  /** Sealed, see server-credentials.ts. */
  @Column('text', { name: 'ssh_credentials', nullable: true })
  sshCredentials: string | null;

  @Column('text', { name: 'ssh_public_key', nullable: true })
  sshPublicKey: string | null;

  /** The pinned key; null while it waits for an approval. */
  @Column('jsonb', { name: 'host_key', nullable: true })
  hostKey: HostKey | null;

  /** Another key that the host has shown since. */
  @Column('jsonb', { name: 'offered_host_key', nullable: true })
  offeredHostKey: HostKey | null;

  @Column('text', { name: 'when_unhealthy' })
  whenUnhealthy: WhenUnhealthy;

  /** How long a job waits in all, when it waits. */
  @Column('integer', { name: 'wait_minutes' })
  waitMinutes: number;

  @Column('integer', { name: 'max_queued_jobs' })
  maxQueuedJobs: number;

  @Column('text', { name: 'when_queue_full' })
  whenQueueFull: WhenQueueFull;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt: Date;
}

import type { ServerType } from '@cronium/server-types';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity('servers')
export class Server {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;

  @Column('text')
  type: ServerType;

  @Column('boolean', { name: 'is_system_managed' })
  isSystemManaged: boolean;

  @Column('uuid', { name: 'owner_id', nullable: true })
  ownerId: string | null;

  /** As it was set: what is left out has containerConfigSchema's default. */
  @Column('jsonb', { name: 'container_config', nullable: true })
  containerConfig: unknown;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt: Date;
}

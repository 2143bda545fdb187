import type { ShareLevel } from '@cronium/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** What a user who does not own a server may do with it. */
@Entity('server_shares')
export class ServerShare {
  @PrimaryColumn('uuid', { name: 'server_id' })
  serverId: string;

  @PrimaryColumn('uuid', { name: 'user_id' })
  userId: string;

  @Column('text')
  level: ShareLevel;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;
}

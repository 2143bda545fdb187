import type { CalendarKind, CalendarRule, CalendarVisibility } from '@cronium/contracts';
import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

@Entity('calendars')
export class Calendar {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid', { name: 'owner_id' })
  ownerId: string;

  @Column('text')
  name: string;

  @Column('text')
  description: string;

  @Column('text')
  kind: CalendarKind;

  @Column('text')
  timezone: string;

  @Column('text')
  visibility: CalendarVisibility;

  /** Written by hand. */
  @Column('jsonb')
  rules: CalendarRule[];

  @Column('jsonb', { name: 'imported_rules' })
  importedRules: CalendarRule[];

  /** Null when nothing was imported. */
  @Column('text', { name: 'imported_file', nullable: true })
  importedFile: string | null;

  @Column('timestamptz', { name: 'imported_at', nullable: true })
  importedAt: Date | null;

  @CreateDateColumn({ type: 'timestamptz', name: 'created_at' })
  createdAt: Date;

  @UpdateDateColumn({ type: 'timestamptz', name: 'updated_at' })
  updatedAt: Date;
}

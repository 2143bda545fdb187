import type { SettingChange } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import type { Position } from '../http/cursor';

/** The history of the settings. */
@Injectable()
export class SettingsChangesRepository {
  constructor(private readonly database: DataSource) {}

  /** Inside the transaction of the change. */
  async record(
    transaction: EntityManager,
    userId: string,
    key: string,
    before: unknown,
    after: unknown,
  ): Promise<void> {
    await transaction.query(
      'INSERT INTO setting_changes (id, key, before, after, changed_by) VALUES ($1, $2, $3, $4, $5)',
      [uuid(), key, JSON.stringify(before), JSON.stringify(after), userId],
    );
  }

  /** One page plus one row, newest first. */
  async page(limit: number, after: Position | undefined): Promise<SettingChange[]> {
    const rows = await this.database.query<(Omit<SettingChange, 'at'> & { at: Date })[]>(
      `SELECT change.id, change.key, change.before, change.after, change.changed_at AS at,
              CASE WHEN person.id IS NOT NULL THEN json_build_object('id', person.id, 'name', person.name) END AS by
         FROM setting_changes change LEFT JOIN users person ON person.id = change.changed_by
        WHERE $2::timestamptz IS NULL OR (change.changed_at, change.id) < ($2, $3::uuid)
        ORDER BY change.changed_at DESC, change.id DESC LIMIT $1`,
      [limit + 1, after?.at ?? null, after?.id ?? null],
    );
    return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
  }
}

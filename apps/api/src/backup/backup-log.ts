import type { Client } from 'pg';
import { v7 as uuid } from 'uuid';

import { hasTable } from './tables';

/** A backup that was made, and found to be right. */
export interface MadeBackup {
  /** What is in it was true then. */
  readonly at: string;
  /** Without its folder. */
  readonly fileName: string;
  readonly bytes: number;
  readonly rows: number;
  readonly tookMs: number;
}

/** Keeps a record of it in the database; one that an older version has made has no place for it. */
export async function recordBackup(
  client: Client,
  { at, fileName, bytes, rows, tookMs }: MadeBackup,
): Promise<void> {
  if (!(await hasTable(client, 'backups'))) return;
  await client.query('BEGIN');
  await client.query(
    'INSERT INTO backups (id, at, file_name, bytes, rows, took_ms) VALUES ($1, $2, $3, $4, $5, $6)',
    [uuid(), at, fileName, bytes, rows, Math.round(tookMs)],
  );
  await recordInAudit(client, 'installation.backed_up', { file: fileName, bytes, rows });
  await client.query('COMMIT');
}

/** Inside the transaction that does it. Who types the command is known to the machine alone. */
export async function recordInAudit(
  client: Pick<Client, 'query'>,
  action: 'installation.backed_up' | 'installation.restored' | 'installation.key_rotated',
  details: Readonly<Record<string, unknown>>,
): Promise<void> {
  await client.query(
    `INSERT INTO audit_log (id, actor_name, action, target_type, target_name, details)
     VALUES ($1, 'Cronium', $2, 'installation', current_database(), $3)`,
    [uuid(), action, JSON.stringify(details)],
  );
}

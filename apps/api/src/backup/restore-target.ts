import type { Client } from 'pg';

import { migrationsTable, requireNobody, tableNames } from './tables';

/** What the database holds that a restore would take away. */
export interface Target {
  readonly database: string;
  /** Tables with rows that somebody has made; what migrations insert does not count. */
  readonly filled: readonly { readonly table: string; readonly rows: number }[];
}

/** Tables that have rows as soon as the product was started once. */
const madeByStart: Readonly<Record<string, string>> = {
  [migrationsTable]: 'false',
  processes: 'false',
  server_health: 'false',
  system_settings: 'false',
  servers: 'NOT is_system_managed',
};

/** @throws BackupError when the product runs on it */
export async function lookAtTarget(client: Client): Promise<Target> {
  await requireNobody(client);
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
  const names = await tableNames(client);
  const isCronium = names.includes('users') && names.includes(migrationsTable);
  const filled: { table: string; rows: number }[] = [];
  for (const table of names) {
    const condition = isCronium ? (madeByStart[table] ?? 'true') : 'true';
    const count = await client.query<{ count: string }>(
      `SELECT count(*) FROM ${client.escapeIdentifier(table)} WHERE ${condition}`,
    );
    const found = Number(count.rows[0]?.count ?? 0);
    // A table of somebody else is not ours to drop, even without rows.
    if (found > 0 || !isCronium) filled.push({ table, rows: found });
  }
  return { database: rows[0]?.name ?? '', filled };
}

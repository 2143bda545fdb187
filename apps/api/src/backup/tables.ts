import { isDead } from '@cronium/execution';
import type { ClientBase } from 'pg';

import { BackupError } from './backup-error';
import type { Table } from './records';

/** TypeORM's record of migrations is made anew by a restore. */
export const migrationsTable = 'migrations';

/** Who is signed in, which processes there are and what they see is true of one moment in one place only. */
const momentary = ['sessions', 'processes', 'process_reports'];
/** Made again from the logs, by the indexer. */
const derived = ['log_search_blocks', 'log_search_progress'];

/** Whatever an extension made is not ours. */
const ours = (catalog: 'pg_class' | 'pg_proc', id: string) =>
  `NOT EXISTS (SELECT 1 FROM pg_depend WHERE classid = '${catalog}'::regclass AND objid = ${id} AND deptype = 'e')`;
const ourTables = `relnamespace = current_schema()::regnamespace AND relkind = 'r' AND ${ours('pg_class', 'pg_class.oid')}`;

/** Names of all tables of the schema. */
export async function tableNames(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE ${ourTables} ORDER BY relname`,
  );
  return rows.map(({ name }) => name);
}

/**
 * The tables that a backup holds, each after those that it refers to, so that they can be filled one by one. All there are and not a list: a
 * table that a migration adds is in the next backup.
 */
export async function tablesToBackUp(client: ClientBase): Promise<Table[]> {
  const { rows } = await client.query<Table & { refersTo: string[] }>(
    `SELECT relname AS name,
            (SELECT coalesce(array_agg(attname::text ORDER BY attnum), '{}') FROM pg_attribute
              WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns,
            (SELECT coalesce(array_agg(other.relname::text), '{}') FROM pg_constraint JOIN pg_class other ON other.oid = confrelid
              WHERE conrelid = pg_class.oid AND contype = 'f' AND confrelid <> conrelid) AS "refersTo"
       FROM pg_class WHERE ${ourTables} AND relname <> ALL($1) ORDER BY relname`,
    [[migrationsTable, ...momentary, ...derived]],
  );
  const waiting = new Set(rows);
  const sorted: Table[] = [];
  while (waiting.size > 0) {
    const names = new Set([...waiting].map(({ name }) => name));
    const ready = [...waiting].filter(({ refersTo }) => !refersTo.some((name) => names.has(name)));
    if (ready.length === 0)
      throw new BackupError(`The tables ${[...names].join(', ')} refer to each other in a circle.`);
    for (const table of ready) {
      waiting.delete(table);
      sorted.push({ name: table.name, columns: table.columns });
    }
  }
  return sorted;
}

/** Names of the migrations that have run; undefined in a database without any. */
export async function migrationsOf(client: ClientBase): Promise<string[] | undefined> {
  if (!(await hasTable(client, migrationsTable))) return undefined;
  const { rows } = await client.query<{ name: string }>(`SELECT name FROM ${migrationsTable} ORDER BY id`);
  return rows.map(({ name }) => name);
}

export async function hasTable(client: ClientBase, name: string): Promise<boolean> {
  const { rows } = await client.query<{ isThere: boolean }>(
    `SELECT to_regclass($1) IS NOT NULL AS "isThere"`,
    [`"${name}"`],
  );
  return rows[0]?.isThere === true;
}

/** Processes of the product that are at work on this database. */
export async function runningProcesses(client: ClientBase): Promise<string[]> {
  if (!(await hasTable(client, 'processes'))) return [];
  // Who was silent for longer is dead, and who was on this machine and is not there any more: see Processes.
  const { rows } = await client.query<{ name: string }>(
    `SELECT name FROM processes WHERE beat_at > now() - interval '10 s' ORDER BY name`,
  );
  return rows.map(({ name }) => name).filter((name) => !isDead(name));
}

/** @throws BackupError when the product runs on it: it would go on with a schema, a key or jobs that are not there any more */
export async function requireNobody(client: ClientBase): Promise<void> {
  const running = await runningProcesses(client);
  if (running.length > 0)
    throw new BackupError(
      `Cronium runs on this database (${running.join(', ')}). Stop it first; a process that was killed is forgotten after 10 s.`,
    );
}

/** Drops all that migrations made, and the queue: its messages are made anew from the rows. */
export async function dropAll(client: ClientBase): Promise<void> {
  const names = (await tableNames(client)).map((name) => client.escapeIdentifier(name));
  if (names.length > 0) await client.query(`DROP TABLE ${names.join(', ')} CASCADE`);
  const { rows } = await client.query<{ signature: string }>(
    `SELECT oid::regprocedure::text AS signature FROM pg_proc
      WHERE pronamespace = current_schema()::regnamespace AND ${ours('pg_proc', 'pg_proc.oid')}`,
  );
  for (const { signature } of rows) await client.query(`DROP FUNCTION ${signature} CASCADE`);
  await client.query('DROP SCHEMA IF EXISTS pgboss CASCADE');
}

/** `"name" ("column", …)`, as COPY wants it. */
export function copyTarget(client: ClientBase, { name, columns }: Table): string {
  return `${client.escapeIdentifier(name)} (${columns.map((column) => client.escapeIdentifier(column)).join(', ')})`;
}

/** How values are written must not depend on how a server, a database or a role is configured. */
export const plainText = `
  SET LOCAL client_encoding = 'UTF8'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres'; SET LOCAL timezone = 'UTC';
  SET LOCAL bytea_output = 'hex'; SET LOCAL extra_float_digits = 3; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
  SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off`;

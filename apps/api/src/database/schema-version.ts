import { type DataSource, type QueryRunner, MigrationExecutor } from 'typeorm';

/** A migration as the database or this version knows it, in the order in which they run. */
export interface KnownMigration {
  readonly name: string;
  readonly state: 'applied' | 'pending' | 'unknown';
}

/** The database is not one that this version can work on, or go back in; the message says what to do. */
export class SchemaError extends Error {
  override readonly name = 'SchemaError';
}

/** Of all processes one changes the schema at a time: the number of the advisory lock, any that nothing else uses. */
const lockKey = 5_318_008_003;

/**
 * Brings the schema up to date. Of several processes that start at once the first does it, and the others wait for it.
 *
 * @returns names of the migrations that ran
 * @throws SchemaError when a newer version has been here
 */
export async function migrateUp(dataSource: DataSource): Promise<string[]> {
  return alone(dataSource, async (runner) => {
    requireKnown(await compare(dataSource, runner));
    const ran = await executor(dataSource, runner).executePendingMigrations();
    return ran.map(({ name }) => name);
  });
}

/**
 * Takes back what ran last.
 *
 * @returns its name
 * @throws SchemaError when it is not known here, or nothing has run
 */
export async function migrateDown(dataSource: DataSource): Promise<string> {
  return alone(dataSource, async (runner) => {
    const before = await compare(dataSource, runner);
    requireKnown(before);
    if (!before.some(({ state }) => state === 'applied'))
      throw new SchemaError('No migration has run on this database: there is nothing to take back.');
    await executor(dataSource, runner).undoLastMigration();
    const after = await compare(dataSource, runner);
    return before.find(({ state }, index) => state !== after[index]?.state)?.name ?? '';
  });
}

/** All migrations that this version or the database knows. Changes nothing. */
export async function migrationStatus(dataSource: DataSource): Promise<KnownMigration[]> {
  const runner = dataSource.createQueryRunner();
  try {
    return await compare(dataSource, runner);
  } finally {
    await runner.release();
  }
}

function executor(dataSource: DataSource, runner: QueryRunner): MigrationExecutor {
  const created = new MigrationExecutor(dataSource, runner);
  // What has run stays when a later one fails.
  created.transaction = 'each';
  return created;
}

async function compare(dataSource: DataSource, runner: QueryRunner): Promise<KnownMigration[]> {
  const [table] = (await runner.query(`SELECT to_regclass('migrations') IS NOT NULL AS "isThere"`)) as {
    isThere: boolean;
  }[];
  const rows = table?.isThere
    ? ((await runner.query('SELECT name FROM migrations ORDER BY id')) as { name: string }[])
    : [];
  const applied = new Set(rows.map(({ name }) => name));
  const ours = dataSource.migrations.map(({ constructor, name = constructor.name }) => name);
  return [
    ...ours.map((name) => ({ name, state: applied.has(name) ? ('applied' as const) : ('pending' as const) })),
    ...[...applied]
      .filter((name) => !ours.includes(name))
      .map((name) => ({ name, state: 'unknown' as const })),
  ];
}

function requireKnown(found: readonly KnownMigration[]): void {
  const unknown = found.filter(({ state }) => state === 'unknown').map(({ name }) => name);
  if (unknown.length > 0)
    throw new SchemaError(
      `The database was changed by a newer Cronium, whose migrations are not known here: ${unknown.join(', ')}. ` +
        'Start that version again, or take them back with it first: its `migrate down`, once for each (docs/operations/compose.md).',
    );
}

/** Holds the lock on a connection of its own, which gives it back also when this process dies. */
async function alone<T>(dataSource: DataSource, act: (runner: QueryRunner) => Promise<T>): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [lockKey]);
    try {
      return await act(runner);
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [lockKey]);
    }
  } finally {
    await runner.release();
  }
}

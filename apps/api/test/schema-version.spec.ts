import type { DataSource } from 'typeorm';

import { createDataSource, migrations } from '../src/database/data-source';
import { loadConfig } from '../src/config/config';
import { openDatabase } from '../src/database/open-database';
import { migrateDown, migrateUp, migrationStatus } from '../src/database/schema-version';
import { createTestDatabase, type TestDatabase } from './test-database';

describe('the version of the schema', () => {
  let database: TestDatabase;
  const opened: DataSource[] = [];

  const open = async (): Promise<DataSource> => {
    const dataSource = await createDataSource(database.url).initialize();
    opened.push(dataSource);
    return dataSource;
  };
  const states = async (dataSource: DataSource): Promise<string[]> =>
    (await migrationStatus(dataSource)).map(({ state }) => state);

  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(async () => {
    for (const dataSource of opened.splice(0)) await dataSource.destroy();
    await database.drop();
  });

  it('is brought up by one of several that start at once, while the others wait', async () => {
    const replicas = await Promise.all([open(), open(), open(), open()]);
    const ran = await Promise.all(replicas.map((replica) => migrateUp(replica)));
    expect(ran.map(({ length }) => length).sort((a, b) => a - b)).toEqual([0, 0, 0, migrations.length]);
  });

  it('is told without being changed, and goes back one at a time', async () => {
    const dataSource = await open();
    const names = (await migrationStatus(dataSource)).map(({ name }) => name);
    expect(new Set(await states(dataSource))).toEqual(new Set(['pending']));
    await expect(migrateDown(dataSource)).rejects.toThrow(/nothing to take back/);

    await migrateUp(dataSource);
    expect(new Set(await states(dataSource))).toEqual(new Set(['applied']));
    expect(await migrateDown(dataSource)).toBe(names.at(-1));
    expect((await states(dataSource)).slice(-2)).toEqual(['applied', 'pending']);
    expect(await migrateUp(dataSource)).toEqual([names.at(-1)]);
  });

  it('of a newer Cronium stops a start, with what to do, and nothing is taken back', async () => {
    const dataSource = await open();
    await migrateUp(dataSource);
    await dataSource.query(
      `INSERT INTO migrations (timestamp, name) VALUES (9000000000000, 'Tomorrow9000000000000')`,
    );
    const start = openDatabase(loadConfig({ DATABASE_URL: database.url }));
    await expect(start).rejects.toThrow(/newer Cronium.*Tomorrow9000000000000.*migrate down/);
    await expect(migrateDown(dataSource)).rejects.toThrow(/Tomorrow9000000000000/);
    expect((await migrationStatus(dataSource)).at(-1)).toEqual({
      name: 'Tomorrow9000000000000',
      state: 'unknown',
    });
  });
});

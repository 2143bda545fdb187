import type { DataSource, QueryRunner } from 'typeorm';

import { createDataSource } from '../src/database/data-source';
import { createTestDatabase, type TestDatabase } from './test-database';

describe('PreparedClient', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let runner: QueryRunner;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url).initialize();
    runner = dataSource.createQueryRunner();
  });
  afterAll(async () => {
    await runner.release();
    await dataSource.destroy();
    await database.drop();
  });

  const often = Array.from({ length: 20 }, (_, index) => index);
  const prepared = async (like: string): Promise<number> => {
    const rows = (await runner.query('SELECT statement FROM pg_prepared_statements')) as {
      statement: string;
    }[];
    return rows.filter(({ statement }) => statement.includes(like)).length;
  };

  it('keeps the plan of what is asked often, and of nothing else', async () => {
    for (const n of often) expect(await runner.query('SELECT $1::int + 1 AS n', [n])).toEqual([{ n: n + 1 }]);
    await runner.query('SELECT $1::int + 2 AS n', [1]);
    expect(await prepared('+ 1')).toBe(1);
    expect(await prepared('+ 2')).toBe(0);
  });

  it('has the pages of lists planned for what they ask', async () => {
    for (const n of often) await runner.query('SELECT $1::int + 3 AS n ORDER BY n LIMIT 51', [n]);
    expect(await prepared('+ 3')).toBe(0);
  });

  it('goes on after a statement that fails, inside and outside a transaction', async () => {
    const divide = (by: number) => runner.query('SELECT 6 / $1::int AS n', [by]);
    for (const _ of often) await expect(divide(0)).rejects.toThrow('division by zero');
    await runner.startTransaction();
    await expect(divide(0)).rejects.toThrow('division by zero');
    await expect(runner.query('SELECT 7 / $1::int AS n', [7])).rejects.toThrow(
      'current transaction is aborted',
    );
    await runner.rollbackTransaction();
    expect(await divide(3)).toEqual([{ n: 2 }]);
    for (const _ of often) expect(await runner.query('SELECT 7 / $1::int AS n', [7])).toEqual([{ n: 1 }]);
  });

  it('follows a schema that changes', async () => {
    await runner.query('CREATE TABLE things (id int, name text)');
    const find = () => runner.query('SELECT name FROM things WHERE id = $1', [1]);
    for (const _ of often) expect(await find()).toEqual([]);
    await runner.query('ALTER TABLE things ADD COLUMN size int; CREATE INDEX ON things (id)');
    await runner.query(`INSERT INTO things VALUES (1, 'one', 1)`);
    expect(await find()).toEqual([{ name: 'one' }]);
    await runner.query('DROP TABLE things; CREATE TABLE things (id int, name text)');
    expect(await find()).toEqual([]);
  });
});

import { setTimeout as delay } from 'node:timers/promises';

import type { DataSource, EntityManager } from 'typeorm';

import { createDataSource } from '../src/database/data-source';
import { isDatabaseGone } from '../src/database/database-gone';
import { createTestDatabase, type TestDatabase } from './test-database';

describe('A database that is gone', () => {
  let database: TestDatabase;
  let dataSource: DataSource;

  beforeAll(async () => {
    database = await createTestDatabase();
    dataSource = await createDataSource(database.url).initialize();
    dataSource.setOptions({ logging: false });
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const failureOf = (act: Promise<unknown>): Promise<unknown> =>
    act.then(
      () => undefined,
      (error: unknown) => error,
    );
  const goAwayAndBack = async (): Promise<void> => {
    await database.goAway();
    await database.comeBack();
    // The connection's end arrives as an event of its own.
    await delay(50);
  };

  it('is told by a statement that it interrupts', async () => {
    const sleep = failureOf(dataSource.query('SELECT pg_sleep(30)'));
    await delay(100);
    await goAwayAndBack();
    expect(isDatabaseGone(await sleep)).toBe(true);
  });

  it.each<[string, (manager: EntityManager) => Promise<unknown>]>([
    ['manager', (manager) => manager.query('SELECT 1')],
    ['query runner', async (manager): Promise<unknown> => manager.queryRunner?.query('SELECT 1')],
    [
      'query builder',
      (manager) => manager.createQueryBuilder().select('1').from('pg_class', 'c').getRawMany(),
    ],
  ])('is told by a %s between two statements of a transaction', async (_, ask) => {
    const transaction = dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1');
      await goAwayAndBack();
      await ask(manager);
    });
    expect(isDatabaseGone(await failureOf(transaction))).toBe(true);
  });

  it('is told when a transaction cannot be committed', async () => {
    const transaction = dataSource.transaction(async (manager) => {
      await manager.query('SELECT 1');
      await goAwayAndBack();
    });
    expect(isDatabaseGone(await failureOf(transaction))).toBe(true);
  });

  it('is not told by a statement that is wrong', async () => {
    expect(isDatabaseGone(await failureOf(dataSource.query('SELECT 1 / 0')))).toBe(false);
  });
});

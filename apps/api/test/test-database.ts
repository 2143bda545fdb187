import { randomBytes } from 'node:crypto';

import { Client } from 'pg';

export interface TestDatabase {
  readonly url: string;
  /** Breaks every connection and takes no new one, until it comes back. */
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
  drop(): Promise<void>;
}

/** An empty database of its own on the run's Postgres. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const clusterUrl = process.env['CRONIUM_TEST_POSTGRES'];
  if (!clusterUrl) throw new Error('No test Postgres: run the specs through apps/api/jest.config.cjs.');
  const name = `test_${randomBytes(6).toString('hex')}`;
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  await execute(clusterUrl, `CREATE DATABASE ${name}`);
  return {
    url: url.href,
    goAway: async () => {
      await execute(clusterUrl, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
      await execute(
        clusterUrl,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`,
      );
    },
    comeBack: () => execute(clusterUrl, `ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`),
    drop: () => execute(clusterUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

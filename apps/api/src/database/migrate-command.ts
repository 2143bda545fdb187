import 'reflect-metadata';

import type { DataSource } from 'typeorm';

import { reachDatabase } from '../backup/installation';
import { requireNobody } from '../backup/tables';
import { loadConfig } from '../config/config';
import { createDataSource } from './data-source';
import { SchemaError, migrateDown, migrateUp, migrationStatus } from './schema-version';

const usage = `Usage: migrate up|down|status
  up      brings the schema up to date, as every start does
  down    takes back what ran last; Cronium must not run
  status  lists what has run and what has not`;

/** The entry of `npm run migrate`: `node dist/apps/api/migrate.js up|down|status`, on the product's environment. */
async function main([command = '', ...rest]: readonly string[]): Promise<void> {
  if (!['up', 'down', 'status'].includes(command) || rest.length > 0) throw new SchemaError(usage);
  const database = await reachDatabase(loadConfig(process.env), { mayCreate: command === 'up' });
  try {
    if (command === 'down') await requireNobody(database.client);
    const dataSource = await createDataSource(database.url).initialize();
    try {
      for (const line of await lines(command, dataSource)) console.log(line);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await database.close();
  }
}

async function lines(command: string, dataSource: DataSource): Promise<string[]> {
  if (command === 'down') return [`- ${await migrateDown(dataSource)}`];
  if (command === 'up') {
    const ran = await migrateUp(dataSource);
    return ran.length > 0 ? ran.map((name) => `+ ${name}`) : ['The schema is up to date.'];
  }
  const found = await migrationStatus(dataSource);
  const count = (wanted: string) => found.filter(({ state }) => state === wanted).length;
  return [
    ...found.map(({ name, state }) => `${state.padEnd(8)} ${name}`),
    `${count('applied')} applied, ${count('pending')} pending, ${count('unknown')} of a newer version`,
  ];
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);

import { join } from 'node:path';

import type { DataSource } from 'typeorm';

import type { Config } from '../config/config';
import { createDataSource } from './data-source';
import { startEmbeddedPostgres } from './embedded-postgres';
import { migrateUp } from './schema-version';

export interface OpenDatabase {
  readonly dataSource: DataSource;
  readonly url: string;
  /** Starts the embedded cluster again when it has ended; undefined without one. */
  readonly revive: (() => Promise<void>) | undefined;
  /** After the application has closed: ends the embedded cluster, if there is one. */
  close(): Promise<void>;
}

/**
 * Connects to the configured database, or starts the embedded one, and brings its schema up to date.
 *
 * @throws SchemaError when a newer version has changed it
 */
export async function openDatabase(config: Config): Promise<OpenDatabase> {
  const embedded = config.databaseUrl
    ? undefined
    : await startEmbeddedPostgres(join(config.dataDir, 'postgres'));
  const url = config.databaseUrl ?? embedded?.url ?? '';
  const dataSource = createDataSource(url);
  try {
    await dataSource.initialize();
    await migrateUp(dataSource);
  } catch (error) {
    if (dataSource.isInitialized) await dataSource.destroy();
    await embedded?.stop();
    throw error;
  }
  return {
    dataSource,
    url,
    revive: embedded && (() => embedded.revive()),
    close: async () => embedded?.stop(),
  };
}

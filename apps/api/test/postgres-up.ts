import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startEmbeddedPostgres } from '../src/database/embedded-postgres';

/** One real Postgres for all specs of a run; each spec makes a database of its own in it. */
export default async function postgresUp(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-test-'));
  const cluster = await startEmbeddedPostgres(folder);
  process.env['CRONIUM_TEST_POSTGRES'] = cluster.url;
  Object.assign(globalThis, { croniumTestPostgres: { folder, cluster } });
}

import { rmSync } from 'node:fs';

import type { EmbeddedPostgres } from '../src/database/embedded-postgres';

/** Jest calls this in the process, and with the globals, of the set-up. */
export default async function postgresDown(): Promise<void> {
  const { croniumTestPostgres } = globalThis as {
    croniumTestPostgres?: { folder: string; cluster: EmbeddedPostgres };
  };
  if (!croniumTestPostgres) return;
  await croniumTestPostgres.cluster.stop();
  rmSync(croniumTestPostgres.folder, { recursive: true, force: true });
}

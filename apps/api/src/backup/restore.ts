import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { Config } from '../config/config';
import { BackupError } from './backup-error';
import { reachDatabase, type ReachedDatabase, requireSameKey, stageKey } from './installation';
import { ask, passphraseFrom } from './passphrase';
import { readBackup } from './read-backup';
import { knownMigrations, requireKnownSchema, restoreBackup, type Restored } from './restore-backup';
import { lookAtTarget } from './restore-target';
import { requireReadable } from './sealed-stream';
import { count, describe, showProgress } from './terminal';

const usage = 'Usage: npm run restore -- FILE [--verify] [--force] [--yes] [--passphrase-file FILE]';

/** `npm run restore -- FILE …` */
export async function restore(config: Config, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      verify: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      yes: { type: 'boolean', default: false },
      'passphrase-file': { type: 'string' },
    },
  });
  const [given] = positionals;
  if (given === undefined || positionals.length > 1) throw new BackupError(usage);
  const file = resolve(given);
  if (!existsSync(file)) throw new BackupError(`There is no file ${file}.`);
  await requireReadable(file);
  const passphrase = await passphraseFrom({
    ...{ file: values['passphrase-file'], given: config.backupPassphrase, isNew: false },
  });

  console.log('Reading the whole backup …');
  const contents = await readBackup(file, passphrase, { signal });
  requireKnownSchema(contents.manifest, knownMigrations());
  console.log(`✓ The backup is whole.\n${describe(contents)}`);
  if (values.verify) return;

  const key = Buffer.from(contents.manifest.encryptionKey, 'hex');
  requireSameKey(config, key);
  const database = await reachDatabase(config, { mayCreate: true });
  try {
    await requireConsent(database, values);
    signal.throwIfAborted();
    const staged = await stageKey(config, key);
    try {
      console.log('Restoring:');
      const progress = { signal, onProgress: showProgress() };
      const restored = await restoreBackup({ url: database.url, file, passphrase, ...progress });
      tell(restored, await staged.place());
    } finally {
      await staged.discard();
    }
  } finally {
    await database.close();
  }
}

/** @throws BackupError when something would be lost, and nobody has said that it may */
async function requireConsent(
  { client }: ReachedDatabase,
  { force, yes }: { force: boolean; yes: boolean },
): Promise<void> {
  const { database, filled } = await lookAtTarget(client);
  if (filled.length === 0) return;
  const loss = filled.map(({ table, rows }) => `  ${table}: ${count(rows, 'row')}`).join('\n');
  if (!force)
    throw new BackupError(
      `The database “${database}” is not empty:\n${loss}\nRestore into an empty one, or give --force to lose all of it.`,
    );
  console.log(`All that the database “${database}” holds will be lost:\n${loss}`);
  if (!yes && (await ask(`Type the name of the database to go on: `)) !== database)
    throw new BackupError('That is not its name. Nothing was changed.');
}

function tell({ contents, jobs, passedOver }: Restored, keyPath: string | undefined): void {
  console.log(`✓ Restored ${count(contents.rows, 'row')} in ${count(contents.tables.length, 'table')}.`);
  console.log(
    keyPath ? `  The encryption key is in ${keyPath}.` : '  The encryption key is the one of ENCRYPTION_KEY.',
  );
  if (passedOver.length > 0) console.log(`  Not Cronium’s, and passed over: ${passedOver.join(', ')}.`);
  if (jobs.lost > 0) console.log(`  ${count(jobs.lost, 'job')} had not ended, and ended as lost.`);
  if (jobs.queued > 0) console.log(`  ${count(jobs.queued, 'job')} still wait, and will run.`);
  console.log(
    [
      'What to do next:',
      '  1. See that the installation that was backed up does not run any more: both would run the same schedules.',
      '  2. Start Cronium (npm start). Runs that were due since the backup are made up for as each event’s misfire policy says.',
      '  3. Sign in again, with the passwords as they were: nobody is signed in.',
    ].join('\n'),
  );
}

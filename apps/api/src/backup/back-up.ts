import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { Config } from '../config/config';
import { recordBackup } from './backup-log';
import { encryptionKeyOf, reachDatabase } from './installation';
import { passphraseFrom } from './passphrase';
import { describe, showProgress, size } from './terminal';
import { writeBackup } from './write-backup';

/** `npm run backup -- [--output FILE or FOLDER] [--passphrase-file FILE]` */
export async function backUp(config: Config, args: readonly string[], signal: AbortSignal): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { output: { type: 'string' }, 'passphrase-file': { type: 'string' } },
  });
  const begin = performance.now();
  const encryptionKey = await encryptionKeyOf(config);
  const file = await fileFor(values.output, config);
  const passphrase = await passphraseFrom({
    ...{ file: values['passphrase-file'], given: config.backupPassphrase, isNew: true },
  });
  const database = await reachDatabase(config);
  try {
    const { client } = database;
    const options = { client, encryptionKey, file, passphrase, signal, onProgress: showProgress() };
    console.log('Writing, then reading back:');
    const contents = await writeBackup(options);
    const { size: bytes } = await stat(file);
    const tookMs = performance.now() - begin;
    const made = { at: contents.manifest.createdAt, fileName: basename(file), bytes, rows: contents.rows };
    await recordBackup(client, { ...made, tookMs });
    console.log(`✓ ${file} (${size(bytes)}, ${(tookMs / 1000).toFixed(1)} s), read back and found whole.`);
    console.log(describe(contents));
    console.log(
      '  Keep it on another machine, and its passphrase apart from it: without that nobody can open it.',
    );
  } finally {
    await database.close();
  }
}

/** In a folder, or with nothing said in the data folder, it is named after the time. */
async function fileFor(output: string | undefined, config: Config): Promise<string> {
  const time = new Date().toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
  const name = `cronium-${time}.backup`;
  if (output === undefined) {
    const folder = join(config.dataDir, 'backups');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return join(folder, name);
  }
  const path = resolve(output);
  const isFolder = output.endsWith('/') || (await stat(path).catch(() => undefined))?.isDirectory() === true;
  const file = isFolder ? join(path, name) : path;
  await mkdir(dirname(file), { recursive: true });
  return file;
}

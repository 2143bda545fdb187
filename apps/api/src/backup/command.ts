import 'reflect-metadata';

import { loadConfig } from '../config/config';
import { BackupError } from './backup-error';
import { backUp } from './back-up';
import { restore } from './restore';

/** The entry of `npm run backup` and `npm run restore`: `node dist/apps/api/backup.js backup|restore …`, on the product's environment. */
async function main([command, ...args]: readonly string[]): Promise<void> {
  const config = loadConfig(process.env);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => stop.abort(new BackupError('It was interrupted.')));
  if (command === 'backup') await backUp(config, args, stop.signal);
  else if (command === 'restore') await restore(config, args, stop.signal);
  else throw new BackupError('Usage: backup.js backup|restore');
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(`\n${messageOf(error)}`);
    process.exit(1);
  },
);

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof BackupError) return error.message;
  // The reason of an interruption.
  if (error.cause instanceof BackupError) return error.cause.message;
  return error.stack ?? error.message;
}

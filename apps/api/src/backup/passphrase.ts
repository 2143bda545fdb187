import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

import { errorCode } from '../error-code';
import { BackupError } from './backup-error';

export interface PassphraseSources {
  /** Its first line is the passphrase. */
  readonly file: string | undefined;
  /** Of the environment. */
  readonly given: string | undefined;
  /** Asks twice: a backup that was sealed with a slip of the finger opens to nobody. */
  readonly isNew: boolean;
}

/** The passphrase from the file, the environment or the terminal. @throws BackupError when there is none */
export async function passphraseFrom({ file, given, isNew }: PassphraseSources): Promise<string> {
  const passphrase = file === undefined ? (given ?? (await askFor(isNew))) : await firstLineOf(file);
  if (passphrase === '') throw new BackupError('The passphrase is empty.');
  return passphrase;
}

/** Asks at the terminal. @throws BackupError when there is nobody to ask */
export async function ask(question: string, { hidden = false } = {}): Promise<string> {
  if (!process.stdin.isTTY)
    throw new BackupError(
      hidden
        ? 'There is no passphrase, and no terminal to ask for it: set CRONIUM_BACKUP_PASSPHRASE, or give --passphrase-file FILE.'
        : 'There is no terminal to ask at: give --yes to go on without.',
    );
  process.stdout.write(question);
  // What readline would show of the typed letters goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({
    input: process.stdin,
    output: hidden ? nowhere : process.stdout,
    terminal: true,
  });
  const interrupted = new AbortController();
  terminal.on('SIGINT', () => interrupted.abort());
  terminal.on('close', () => interrupted.abort());
  try {
    return await terminal.question('', { signal: interrupted.signal });
  } catch (error) {
    if (interrupted.signal.aborted) throw new BackupError('Nothing was done.', { cause: error });
    throw error;
  } finally {
    terminal.close();
    if (hidden) process.stdout.write('\n');
  }
}

async function askFor(isNew: boolean): Promise<string> {
  const passphrase = await ask(isNew ? 'Passphrase for the new backup: ' : 'Passphrase of the backup: ', {
    hidden: true,
  });
  if (isNew && passphrase !== '' && (await ask('The same again: ', { hidden: true })) !== passphrase)
    throw new BackupError('The two are not the same. Nothing was done.');
  return passphrase;
}

async function firstLineOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw new BackupError(
      `The passphrase cannot be read from ${file}: ${errorCode(error) ?? String(error)}`,
      {
        cause: error,
      },
    );
  }
}

import path from 'node:path';

import { capture, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { findCommand } from './packages.mjs';
import { unpackPackages } from './unpack.mjs';

/**
 * Makes sure that a Linux which runs as a program is there, for tests of what the machine's own kernel is not configured for. Debian's is
 * unpacked and not installed. It exists for x86 alone.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} absolute path
 */
export async function ensureUserModeLinux({ log }) {
  const present = findCommand('linux.uml');
  if (present) return present;
  const folder = fromRoot('tmp/user-mode-linux');
  const program = path.join(folder, 'usr/bin/linux.uml');
  const answers = async () =>
    (await capture(program, ['--version'], { env: systemEnvironment() })).code === 0;
  if (await answers()) return program;
  log('unpacking Debian’s user-mode-linux');
  await unpackPackages(folder, 'bookworm', ['user-mode-linux']);
  if (!(await answers())) throw new Error('Debian’s user-mode-linux was unpacked, and does not run.');
  return program;
}

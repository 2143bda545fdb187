import { accessSync, constants } from 'node:fs';
import path from 'node:path';

import { capture, run, systemEnvironment } from '../lib/command.mjs';

/** Whether this tool may change the machine. */
export const isRoot = () => process.getuid?.() === 0;

/**
 * Absolute path of a command, also of one in the folders of system programs.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findCommand(name) {
  const folders = systemEnvironment().PATH.split(':');
  return folders.map((folder) => path.join(folder, name)).find(isExecutable);
}

/**
 * Installs Debian packages.
 * @param {string[]} packages
 * @param {{ log: (line: string) => void }} options
 * @throws {Error} with what to type, when this is not root on a Debian machine, or apt-get failed
 */
export async function installPackages(packages, { log }) {
  const byHand = `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!findCommand('apt-get')) {
    throw new Error(
      `This machine has no apt-get. Install these with its package manager: ${packages.join(' ')}`,
    );
  }
  if (!isRoot()) throw new Error(`Installing packages needs root. Type: sudo sh -c '${byHand}'`);

  log(`installing ${packages.join(' ')} with apt-get`);
  const install = () =>
    capture('apt-get', ['install', '-y', '--no-install-recommends', ...aptOptions, ...packages], {
      env: { ...systemEnvironment(), DEBIAN_FRONTEND: 'noninteractive' },
    });
  // A fresh machine has no package lists, an old one lists of files that are gone: only then is an update needed.
  if ((await install()).code === 0) return;
  await run('apt-get', ['update', ...aptOptions]);
  const result = await install();
  if (result.code !== 0) throw new Error(`Installing ${packages.join(' ')} failed:\n${result.tail}`);
}

// Another apt-get may hold the lock for a while (unattended-upgrades does after boot).
const aptOptions = ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Dpkg::Options::=--force-confold'];

function isExecutable(/** @type {string} */ file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not for us: either way not usable
  }
}

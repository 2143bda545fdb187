import path from 'node:path';

import { capture, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { findCommand } from './packages.mjs';
import { unpackPackages } from './unpack.mjs';

/** Releases are named by their day. Debian 12 has one of 2022, before the platform systrap. */
const oldest = 20240101;

/**
 * Makes sure that gVisor's runsc is there, for the tests of sandboxes in it. Debian's is one static program; it is unpacked and not installed.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} absolute path
 */
export async function ensureRunsc({ log }) {
  const present = findCommand('runsc');
  if (present && (await isRecent(present))) return present;
  const folder = fromRoot('tmp/runsc');
  const program = path.join(folder, 'usr/bin/runsc');
  if (await isRecent(program)) return program;
  log('unpacking Debian’s runsc');
  await unpackPackages(folder, 'trixie', ['runsc']);
  if (!(await isRecent(program))) throw new Error('Debian’s runsc was unpacked, and does not run.');
  return program;
}

async function isRecent(/** @type {string} */ program) {
  const { code, stdout } = await capture(program, ['--version'], { env: systemEnvironment() });
  return code === 0 && Number(/\b(\d{8})\b/.exec(stdout)?.[1] ?? 0) >= oldest;
}

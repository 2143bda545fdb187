import path from 'node:path';

import { capture, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { findCommand } from './packages.mjs';
import { unpackPackages } from './unpack.mjs';

/**
 * Makes sure that Caddy is there, for the test of what docs/operations/Caddyfile says. Installed, it would run as a service from then on.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} absolute path
 */
export async function ensureCaddy({ log }) {
  const present = findCommand('caddy');
  if (present) return present;
  const folder = fromRoot('tmp/caddy');
  const program = path.join(folder, 'usr/bin/caddy');
  const answers = async () => (await capture(program, ['version'], { env: systemEnvironment() })).code === 0;
  if (await answers()) return program;
  log('unpacking Debian’s caddy');
  await unpackPackages(folder, 'trixie', ['caddy']);
  if (!(await answers())) throw new Error('Debian’s caddy was unpacked, and does not run.');
  return program;
}

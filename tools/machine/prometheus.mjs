import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { capture, run, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { findCommand, isRoot } from './packages.mjs';

/**
 * Makes sure that Prometheus and promtool are there for the tests of what operators' tools get. Debian's package is unpacked and not
 * installed: installed, it would run as a service from then on.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} the folder of both programs
 */
export async function ensurePrometheus({ log }) {
  const present = findCommand('promtool');
  if (present && findCommand('prometheus')) return path.dirname(present);
  const folder = fromRoot('tmp/prometheus');
  const programs = path.join(folder, 'usr/bin');
  if ((await capture(path.join(programs, 'promtool'), ['--version'])).code === 0) return programs;
  mkdirSync(folder, { recursive: true });
  log('unpacking Debian’s prometheus');
  const download = () =>
    capture('apt-get', ['download', '-q', 'prometheus'], { cwd: folder, env: systemEnvironment() });
  if ((await download()).code !== 0) {
    // A fresh machine has no package lists.
    if (isRoot()) await run('apt-get', ['update', '-q']);
    const result = await download();
    if (result.code !== 0) throw new Error(`Debian’s prometheus could not be downloaded:\n${result.tail}`);
  }
  const file = readdirSync(folder).find((name) => name.endsWith('.deb'));
  await run('dpkg-deb', ['-x', path.join(folder, file ?? ''), folder]);
  return programs;
}

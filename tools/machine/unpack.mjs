import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { run } from '../lib/command.mjs';
import { debianMirrors } from './debian-mirrors.mjs';

/**
 * Unpacks packages of another Debian release than the machine's, for tests, and installs none of them. They come from the machine's own mirror,
 * with lists of their own: what apt knows of the machine is not touched.
 * @param {string} folder is emptied first
 * @param {string} suite
 * @param {string[]} packages of which each has all it needs on any Debian
 */
export async function unpackPackages(folder, suite, packages) {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['lists/partial', 'archives/partial'])
    mkdirSync(path.join(folder, name), { recursive: true });
  const [mirror] = await debianMirrors();
  const sources = path.join(folder, 'sources.list');
  writeFileSync(sources, `deb ${mirror.site} ${suite} main\n`);
  const options = [
    `Dir::Etc::SourceList=${sources}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${path.join(folder, 'lists')}`,
    `Dir::Cache=${folder}`,
  ].flatMap((option) => ['-o', option]);
  await run('apt-get', ['update', '-q', ...options]);
  await run('apt-get', ['download', '-q', ...options, ...packages], { cwd: folder });
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    await run('dpkg-deb', ['-x', path.join(folder, file), folder]);
}

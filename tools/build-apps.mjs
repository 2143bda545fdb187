import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { capture } from './lib/command.mjs';
import { fromRoot } from './lib/paths.mjs';

/** What each app is built from and into, relative to the repository's root. */
const apps = [
  { name: 'api', sources: ['apps/api', 'libs'], result: 'dist/apps/api/main.js' },
  { name: 'broker', sources: ['apps/broker', 'libs'], result: 'dist/apps/broker/main.js' },
  { name: 'web', sources: ['apps/web', 'libs'], result: 'dist/apps/web/browser/index.html' },
];
const sharedSources = ['package-lock.json', 'nx.json', 'tsconfig.base.json'];

/**
 * Builds the apps whose sources changed since they were last built here. Nx would find that out too, but takes seconds
 * to start.
 * @param {{ log: (line: string) => void, node24: string, env: Record<string, string | undefined>, only?: string }} options
 *   `only` names one of them
 */
export async function ensureApps({ log, node24, env, only }) {
  const stale = apps
    .filter(({ name }) => only === undefined || name === only)
    .map((app) => ({ ...app, hash: hashSources([...app.sources, ...sharedSources]) }))
    .filter((app) => !existsSync(fromRoot(app.result)) || readStamp(app.name) !== app.hash);
  if (stale.length === 0) return;

  const names = stale.map(({ name }) => name).join(',');
  log(`building ${names}`);
  const nx = fromRoot('node_modules/nx/dist/bin/nx.js');
  const args = [nx, 'run-many', '-t', 'build', '-p', names, '--output-style=stream'];
  const result = await capture(node24, args, { env, onLine: log });
  if (result.code !== 0) throw new Error(`Building ${names} failed; the messages above say why.`);
  for (const { name, hash } of stale) writeFileSync(stampFile(name), hash);
}

const stampFile = (/** @type {string} */ app) => fromRoot('dist', `${app}.stamp`);

function readStamp(/** @type {string} */ app) {
  return existsSync(stampFile(app)) ? readFileSync(stampFile(app), 'utf8') : undefined;
}

function hashSources(/** @type {string[]} */ sources) {
  const hash = createHash('sha256');
  for (const file of sources.flatMap(listSources)) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(fromRoot(file)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** A file itself, or a folder's files that are not tests, in a fixed order. */
function listSources(/** @type {string} */ name) {
  if (path.extname(name) !== '') return [name];
  return readdirSync(fromRoot(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => path.relative(fromRoot(), path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

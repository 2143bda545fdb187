import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';

import { capture, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { unpackPackages } from './unpack.mjs';

/** What `docker compose` and `docker buildx` are made of. Debian has version 2 from this release on. */
const suite = 'trixie';
const packages = ['docker-compose', 'docker-buildx'];

/**
 * Makes sure that Compose 2 is there for the tests of what operators run. On a machine without it, or with version 1, Debian's packages are
 * unpacked and not installed: the machine's own release has none that could be.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string | undefined>} folder to set DOCKER_CONFIG to; undefined where the machine has Compose itself
 */
export async function ensureCompose({ log }) {
  if (await answers(systemEnvironment())) return undefined;
  const folder = fromRoot('tmp/compose');
  const configuration = path.join(folder, 'configuration');
  if (await answers({ ...systemEnvironment(), DOCKER_CONFIG: configuration })) return configuration;

  log(`unpacking Debian’s ${packages.join(' and ')}`);
  await unpackPackages(folder, suite, packages);
  const plugins = path.join(folder, 'usr/libexec/docker/cli-plugins');
  mkdirSync(path.join(configuration, 'cli-plugins'), { recursive: true });
  for (const name of readdirSync(plugins))
    symlinkSync(path.join(plugins, name), path.join(configuration, 'cli-plugins', name));
  if (!(await answers({ ...systemEnvironment(), DOCKER_CONFIG: configuration })))
    throw new Error('Debian’s docker-compose was unpacked, and `docker compose` does not know it.');
  return configuration;
}

/**
 * How a build of docker/api/Dockerfile reaches npm's registry as this machine does: variables of docker-compose.yml.
 * @returns {Promise<Record<string, string | undefined>>}
 */
export async function buildEnvironment() {
  const { stdout } = await capture('npm', ['config', 'get', 'registry']);
  const certificates = process.env.NODE_EXTRA_CA_CERTS || process.env.SSL_CERT_FILE;
  return { NPM_CONFIG_REGISTRY: stdout.trim() || undefined, CRONIUM_BUILD_CERTIFICATES: certificates };
}

async function answers(/** @type {Record<string, string | undefined>} */ env) {
  const { code, stdout } = await capture('docker', ['compose', 'version', '--short'], { env });
  return code === 0 && Number(stdout.replace(/^v/, '').split('.')[0]) >= 2;
}

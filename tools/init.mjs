// `npm run init`: writes what docker-compose.yml needs before the first start, which is .env and the files in secrets/. What is there already
// stays as it is. Another folder than the repository's may be named. Needs nothing from npm: `node tools/init.mjs` does the same.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './lib/paths.mjs';

/**
 * In each container they are read by another user, none of whom is the one who owns them. So the folder keeps others on this machine out
 * (mode 0700), and the files in it may be read.
 */
const secretMode = 0o444;
const secrets = {
  postgres_password: () => randomBytes(24).toString('hex'),
  encryption_key: () => randomBytes(32).toString('hex'),
  admin_password: () => randomBytes(15).toString('base64url'),
};
/** npm goes to the repository's root; a folder is named from where the person is. */
const here = process.env.INIT_CWD || process.cwd();

try {
  init(process.argv[2] ? path.resolve(here, process.argv[2]) : root);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

function init(/** @type {string} */ folder) {
  const secretsFolder = path.join(folder, 'secrets');
  mkdirSync(secretsFolder, { recursive: true, mode: 0o700 });
  chmodSync(secretsFolder, 0o700);

  write(path.join(folder, '.env'), environment, 0o600);
  const written = Object.entries(secrets).filter(([name, make]) =>
    write(path.join(secretsFolder, name), () => `${make()}\n`, secretMode),
  );
  if (written.some(([name]) => name === 'encryption_key'))
    console.log(
      '\nKeep a copy of secrets/encryption_key: what is stored encrypted cannot be opened without it.',
    );
  console.log('\nNext: docker compose up --wait');
  console.log('Sign in as admin@cronium.local with the password in secrets/admin_password.');
}

/** @returns {boolean} whether it was not there before */
function write(/** @type {string} */ file, /** @type {() => string} */ content, /** @type {number} */ mode) {
  const name = path.relative(here, file);
  try {
    writeFileSync(file, '', { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    console.log(`· ${name} is there already and stays as it is`);
    return false;
  }
  writeFileSync(file, content());
  chmodSync(file, mode);
  console.log(`✓ ${name} (mode 0${mode.toString(8)})`);
  return true;
}

/** No secret is in it. docs/operations/compose.md lists what else may be. */
function environment() {
  const { path: socket, group } = engineSocket();
  return [
    '# Written by `npm run init`; docs/operations/compose.md lists what else may be set here.',
    '# The engine’s socket, which the broker alone mounts, and the group that may use it, as a container sees it.',
    `CRONIUM_DOCKER_SOCKET=${socket}`,
    `CRONIUM_DOCKER_GID=${group}`,
    '# Where Cronium is reached on this machine. Put a proxy with TLS before it rather than another address here.',
    'CRONIUM_LISTEN=127.0.0.1:5001',
    '',
  ].join('\n');
}

function engineSocket() {
  const socket = /^unix:\/\/(.+)/.exec(process.env.DOCKER_HOST ?? '')?.[1] ?? '/var/run/docker.sock';
  // Docker Desktop shows it in a container as root's.
  if (process.platform !== 'linux') return { path: socket, group: 0 };
  const found = statSync(socket, { throwIfNoEntry: false });
  if (!found) console.log(`! There is no ${socket} yet: correct CRONIUM_DOCKER_GID in .env when there is`);
  // Who runs an engine without root is root in its containers, and so is the group.
  return { path: socket, group: found?.uid === 0 ? found.gid : 0 };
}

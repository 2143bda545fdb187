import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';

import { capture, run, systemEnvironment } from '../lib/command.mjs';
import { fromRoot, root } from '../lib/paths.mjs';
import { baseImages, bootstrapLabel } from './bootstrap.mjs';

const image = 'cronium-executor:latest';
const inputsLabel = 'org.cronium.inputs';
const dockerfile = 'docker/executor/Dockerfile';

/** All that the build reads, relative to the repository's root. Files or folders. */
const inputs = [
  dockerfile,
  'docker/executor/docker-entrypoint.sh',
  'docker/executor/runtime-helpers',
  'libs/execution/src/runner/program',
  'libs/execution/src/runner/resident.py',
  'libs/execution/src/runner/namespaces.py',
  'libs/execution/src/runner/job-init.c',
];

/**
 * Makes sure that `cronium-executor:latest` exists and was built from the present files. With nothing to do this is
 * one `docker image inspect`. The Docker engine must answer.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<{ built: boolean }>}
 * @throws {Error} that says what failed and what to do
 */
export async function ensureExecutorImage({ log }) {
  const files = inputs.flatMap(listFiles);
  const hash = hashFiles(files);
  const present = await inspect(image);
  if (present?.inputs === hash) return { built: false };

  await ensureBaseImages({ log });
  log(`building ${image}`);
  await build(files, hash, log);
  // The image it replaces has no name any more. Refused while a container still uses it, which is no error.
  if (present) await capture('docker', ['image', 'rm', present.id]);
  return { built: true };
}

/**
 * Makes sure that what the Dockerfiles start from is there: pulled, or made here when no registry answers.
 * @param {{ log: (line: string) => void }} options
 */
export async function ensureBaseImages({ log }) {
  for (const base of baseImages) await ensureBaseImage(base, log);
}

async function ensureBaseImage(
  /** @type {typeof baseImages[number]} */ { name, madeOf, bootstrap },
  /** @type {(line: string) => void} */ log,
) {
  const present = await inspect(name);
  // One that was made here by an older version of this may lack something.
  if (present && ['', madeOf].includes(present.bootstrapped)) return;
  log(`pulling ${name}`);
  // Nothing is printed before the registry has answered: silence means that none can be reached.
  const pull = await capture('docker', ['pull', name], { silenceMs: 15_000, timeoutMs: 15 * 60_000 });
  if (pull.code === 0) return;
  const reason = pull.tail.trim().split('\n').at(-1) || 'no answer from the registry';
  log(`cannot pull it: ${reason}`);
  try {
    await bootstrap(name, log);
  } catch (error) {
    throw new Error(
      `The base image ${name} could not be pulled (${reason}) nor made here: ${error.message}\n` +
        `Type: docker pull ${name}   (or once as root: npm start)`,
      { cause: error },
    );
  }
}

async function build(
  /** @type {string[]} */ files,
  /** @type {string} */ hash,
  /** @type {(line: string) => void} */ log,
) {
  // The context is a tar of just these files: the rest of the repository is neither read nor sent.
  const context = execFileSync('tar', ['-c', '--owner=0', '--group=0', '--', ...files], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const options = ['-f', dockerfile, '-t', image, '--label', `${inputsLabel}=${hash}`, '--network', 'host'];
  await run('docker', ['build', ...options, ...proxyArguments(), '-'], {
    input: context,
    // Every engine has the classic builder; BuildKit needs a plugin that Debian's docker.io does not bring.
    env: { ...systemEnvironment(), DOCKER_BUILDKIT: '0' },
    onLine: (line) => line.startsWith('Step ') && log(line),
  });
}

/** A machine that reaches its mirrors through a proxy says so in its environment. */
function proxyArguments() {
  return ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
    const value = process.env[name] ?? process.env[name.toUpperCase()];
    return value ? ['--build-arg', `${name}=${value}`] : [];
  });
}

/** @returns {Promise<{ id: string, inputs: string, bootstrapped: string } | undefined>} undefined when there is no such image */
async function inspect(/** @type {string} */ name) {
  const [inputsOf, bootstrappedOf] = [inputsLabel, bootstrapLabel].map(
    (label) => `{{index .Config.Labels "${label}"}}`,
  );
  const format = `{{.Id}}\t${inputsOf}\t${bootstrappedOf}`;
  const { code, stdout } = await capture('docker', ['image', 'inspect', '--format', format, name]);
  const [id, inputs, bootstrapped] = stdout.replace(/\n$/, '').split('\t');
  return code === 0 ? { id, inputs, bootstrapped } : undefined;
}

/** A file itself, or all files of a folder in a fixed order; relative to the repository's root. */
function listFiles(/** @type {string} */ name) {
  if (!statSync(fromRoot(name)).isDirectory()) return [name];
  return readdirSync(fromRoot(name), { recursive: true, encoding: 'utf8' })
    .map((entry) => path.join(name, entry))
    .filter((entry) => !entry.includes('__pycache__') && statSync(fromRoot(entry)).isFile())
    .sort();
}

function hashFiles(/** @type {string[]} */ files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(fromRoot(file)))
      .update('\0');
  return hash.digest('hex');
}

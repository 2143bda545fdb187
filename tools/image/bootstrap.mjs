import { mkdtemp, mkdir, rm, symlink, writeFile, copyFile, chmod } from 'node:fs/promises';
import path from 'node:path';

import { capture, run, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { debianMirrors } from '../machine/debian-mirrors.mjs';
import { findCommand, installPackages, isRoot } from '../machine/packages.mjs';

/**
 * The base images of the Dockerfiles, and how each is made on a machine that reaches a Debian mirror and the npm registry but no image
 * registry. A made image has the label `org.cronium.bootstrapped` with `madeOf`, which changes when it has to be made anew.
 * In this order: the second is made from the first.
 */
export const baseImages = [
  { name: 'debian:trixie-slim', madeOf: 'debootstrap', bootstrap: bootstrapDebian },
  { name: 'node:24-trixie-slim', madeOf: 'node-and-npm', bootstrap: bootstrapNode },
];

/** Where a made image says of what. */
export const bootstrapLabel = 'org.cronium.bootstrapped';

const suite = 'trixie';
/** As in the official image of Node 24. */
const npmVersion = '11';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
/** What Debian's slim images leave out as well. Copyright files stay: they must accompany the packages. */
const slimExcludes = [
  'path-exclude /usr/share/doc/*',
  'path-include /usr/share/doc/*/copyright',
  ...['info', 'lintian', 'linda', 'locale', 'man', 'groff'].map(
    (name) => `path-exclude /usr/share/${name}/*`,
  ),
];

async function bootstrapDebian(/** @type {string} */ image, /** @type {(line: string) => void} */ log) {
  if (!isRoot()) throw new Error('Making it from Debian packages needs root.');
  const mirrors = await debianMirrors();
  if (!findCommand('debootstrap')) await installPackages(['debootstrap', 'debian-archive-keyring'], { log });

  await inTemporaryFolder(async (folder) => {
    log(`making ${image} from Debian packages (about a minute)`);
    const args = ['--variant=minbase', `--keyring=${keyring}`, suite, folder, mirrors[0].site];
    await run('debootstrap', args, {
      onLine: (line) =>
        /^I: (Retrieving InRelease|Valid Release|Extracting apt|Configuring apt)/.test(line) && log(line),
    });
    await makeSlim(folder);
    await writeFile(
      path.join(folder, 'etc/apt/sources.list'),
      mirrors.map(({ site, suffix }) => `deb ${site} ${suite}${suffix} main\n`).join(''),
    );
    await importImage(folder, image, [`LABEL ${bootstrapLabel}=debootstrap`, 'CMD ["bash"]']);
  });
}

/** Node and npm as their packages on the npm registry bring them, where the official image has them. */
async function bootstrapNode(/** @type {string} */ image, /** @type {(line: string) => void} */ log) {
  const binary = fromRoot('node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  log(`making ${image} from the npm packages node-linux-${process.arch} and npm`);
  await inTemporaryFolder(async (folder) => {
    const local = path.join(folder, 'usr/local');
    const npm = path.join(local, 'lib/node_modules/npm');
    await mkdir(path.join(local, 'bin'), { recursive: true });
    await mkdir(npm, { recursive: true });
    await copyFile(binary, path.join(local, 'bin/node'));
    await chmod(path.join(local, 'bin/node'), 0o755);
    const { stdout } = await run('npm', ['pack', '--silent', `npm@${npmVersion}`], { cwd: folder });
    await run('tar', ['-xzf', stdout.trim(), '--strip-components=1', '-C', npm], { cwd: folder });
    await rm(path.join(folder, stdout.trim()));
    for (const name of ['npm', 'npx'])
      await symlink(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(local, 'bin', name));
    await writeFile(
      path.join(folder, 'Dockerfile'),
      `FROM debian:trixie-slim\nCOPY usr /usr\nLABEL ${bootstrapLabel}=node-and-npm\nCMD ["node"]\n`,
    );
    // As for the executor image: every engine has the classic builder.
    await run('docker', ['build', '--quiet', '-t', image, '.'], {
      cwd: folder,
      env: { ...systemEnvironment(), DOCKER_BUILDKIT: '0' },
    });
  });
}

/** Empties what the slim images are without, and keeps later packages from bringing it back. */
async function makeSlim(/** @type {string} */ folder) {
  await writeFile(
    path.join(folder, 'etc/dpkg/dpkg.cfg.d/docker'),
    `force-unsafe-io\n${slimExcludes.join('\n')}\n`,
  );
  // Services must not start while an image is built.
  await writeFile(path.join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  await run('apt-config', ['dump', 'Acquire::Check-Valid-Until', 'Acquire::Check-Date']).then(({ stdout }) =>
    // A machine whose mirror is a snapshot says so here; the image uses the same mirror.
    writeFile(path.join(folder, 'etc/apt/apt.conf.d/mirror'), stdout),
  );
  const script = `
    find usr/share/doc -type f ! -name copyright -delete
    find usr/share/doc -depth -type d -empty -delete
    rm -rf usr/share/info/* usr/share/lintian/* usr/share/linda/* usr/share/locale/* usr/share/man/* usr/share/groff/*
    rm -rf var/cache/* var/lib/apt/lists/* var/log/* tmp/* debootstrap`;
  await run('sh', ['-euc', script], { cwd: folder });
}

async function importImage(
  /** @type {string} */ folder,
  /** @type {string} */ image,
  /** @type {string[]} */ changes,
) {
  const options = changes.flatMap((change) => ['--change', change]);
  // The folder holds a whole system: a shell pipe keeps it out of this process's memory.
  const script =
    'set -o pipefail; folder=$1; shift; tar -c --numeric-owner --one-file-system -C "$folder" . | docker import "$@"';
  await run('bash', ['-c', script, 'import', folder, ...options, '-', image]);
}

/** /var/tmp, because /tmp is often too small or mounted so that nothing in it can be executed. */
async function inTemporaryFolder(/** @type {(folder: string) => Promise<void>} */ use) {
  const folder = await mkdtemp('/var/tmp/cronium-bootstrap-');
  await chmod(folder, 0o755); // it becomes the image's root folder
  try {
    await use(folder);
  } finally {
    // debootstrap unmounts these itself unless it was killed.
    await capture('umount', ['-l', path.join(folder, 'proc'), path.join(folder, 'sys')], { cleansUp: true });
    await run('rm', ['-rf', '--one-file-system', folder], { cleansUp: true });
  }
}

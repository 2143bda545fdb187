import { mkdtemp, mkdir, readFile, writeFile, copyFile, chmod } from 'node:fs/promises';
import path from 'node:path';

import { capture, run } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { findCommand, installPackages, isRoot } from '../machine/packages.mjs';

/**
 * The base images of docker/executor/Dockerfile, and how each is made on a machine that reaches a Debian mirror
 * and the npm registry but no image registry. A made image has the label `org.cronium.bootstrapped`.
 * In this order: the second is made from the first.
 */
export const baseImages = [
  { name: 'debian:trixie-slim', bootstrap: bootstrapDebian },
  { name: 'node:24-trixie-slim', bootstrap: bootstrapNode },
];

const suite = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
const label = (/** @type {string} */ from) => `LABEL org.cronium.bootstrapped="${from}"`;

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
    await importImage(folder, image, [label('debootstrap'), 'CMD ["bash"]']);
  });
}

async function bootstrapNode(/** @type {string} */ image, /** @type {(line: string) => void} */ log) {
  const binary = fromRoot('node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  log(`making ${image} from the npm package node-linux-${process.arch}`);
  await inTemporaryFolder(async (folder) => {
    await mkdir(path.join(folder, 'usr/local/bin'), { recursive: true });
    await copyFile(binary, path.join(folder, 'usr/local/bin/node'));
    await chmod(path.join(folder, 'usr/local/bin/node'), 0o755);
    // Only the binary is copied out of this image, so it needs no system around it.
    await importImage(folder, image, [label('npm'), 'CMD ["node"]']);
  });
}

/**
 * The machine's own mirrors, as apt is configured to use them: the main archive first, then updates and security.
 * @returns {Promise<{ site: string, suffix: string }[]>}
 */
async function debianMirrors() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID=debian$/m.test(release))
    throw new Error('Making it from Debian packages needs a Debian machine.');
  const format = '$(CREATED_BY) $(COMPONENT) $(RELEASE) $(SITE)';
  const { stdout } = await run('apt-get', ['indextargets', '--format', format]);
  const targets = stdout
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([createdBy, component]) => createdBy === 'Packages' && component === 'main');
  const mirrors = ['', '-updates', '-security'].flatMap((suffix) => {
    const target = targets.find(([, , name]) => new RegExp(`^[a-z]+${suffix}$`).test(name));
    return target ? [{ site: target[3], suffix }] : [];
  });
  if (mirrors[0]?.suffix !== '')
    throw new Error('apt has no Debian mirror configured in /etc/apt/sources.list*.');
  return mirrors;
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

import { readFile } from 'node:fs/promises';

import { run } from '../lib/command.mjs';

/**
 * The machine's own mirrors, as apt is configured to use them: the main archive first, then updates and security.
 * @returns {Promise<{ site: string, suffix: string }[]>}
 */
export async function debianMirrors() {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  if (!/^ID=debian$/m.test(release))
    throw new Error('Debian’s packages are used, which needs a Debian machine.');
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

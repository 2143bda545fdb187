import { findCommand, installPackages } from './packages.mjs';

/** What the tests of ssh servers run, and the Debian package that brings it. */
const commands = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  dash: 'dash',
  fish: 'fish',
  tcsh: 'tcsh',
  ip: 'iproute2',
  flock: 'util-linux',
  useradd: 'passwd',
};

/**
 * Makes sure that an sshd and the login shells are there for the tests of ssh servers. They start sshd themselves, each on a port of its own.
 * @param {{ log: (line: string) => void }} options
 */
export async function ensureSshd({ log }) {
  const missing = Object.entries(commands).filter(([command]) => !findCommand(command));
  if (missing.length > 0)
    await installPackages([...new Set(missing.map(([, debianPackage]) => debianPackage))], { log });
}

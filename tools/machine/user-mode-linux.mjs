import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { capture, run, systemEnvironment } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { installPackages, findCommand } from './packages.mjs';
import { unpackPackages } from './unpack.mjs';

const folder = fromRoot('tmp/user-mode-linux');
const preloadSource = fromRoot('libs/execution/src/container/user-mode/extended-state.c');

/**
 * Makes sure that a Linux which runs as a program is there, for tests of what the machine's own kernel is not configured for. Debian's is
 * unpacked and not installed. It exists for x86 alone.
 * @param {{ log: (line: string) => void }} options
 * @returns {Promise<string>} absolute path of a command that starts it with what it needs on processors newer than itself
 */
export async function ensureUserModeLinux({ log }) {
  const program = findCommand('linux.uml') ?? (await unpack({ log }));
  const preload = await compilePreload({ log });
  const command = path.join(folder, 'linux');
  writeFileSync(command, `#!/bin/sh\nLD_PRELOAD='${preload}' exec '${program}' "$@"\n`);
  chmodSync(command, 0o755);
  return command;
}

async function unpack(/** @type {{ log: (line: string) => void }} */ { log }) {
  const program = path.join(folder, 'usr/bin/linux.uml');
  const answers = async () =>
    (await capture(program, ['--version'], { env: systemEnvironment() })).code === 0;
  if (await answers()) return program;
  log('unpacking Debian’s user-mode-linux');
  await unpackPackages(folder, 'bookworm', ['user-mode-linux']);
  if (!(await answers())) throw new Error('Debian’s user-mode-linux was unpacked, and does not run.');
  return program;
}

async function compilePreload(/** @type {{ log: (line: string) => void }} */ { log }) {
  if (!findCommand('gcc')) await installPackages(['gcc', 'libc6-dev'], { log });
  mkdirSync(folder, { recursive: true });
  const library = path.join(folder, 'extended-state.so');
  const flags = ['-std=c11', '-O2', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC'];
  await run('gcc', [...flags, '-o', library, preloadSource], { env: systemEnvironment() });
  return library;
}

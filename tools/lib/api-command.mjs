import { spawn } from 'node:child_process';

import { ensureApps } from '../build-apps.mjs';
import { ensureDependencies, findNode24, nodeEnvironment, requireNode20 } from '../machine/node.mjs';
import { dataDir, fromRoot } from './paths.mjs';
import { step } from './progress.mjs';

/**
 * Runs a program that is built with the API, with this tool's arguments and its environment, on Node 24 and at this terminal. What is missing
 * is installed and built first. Its exit code becomes this tool's.
 * @param {string} program a file in dist/apps/api
 */
export async function runApiCommand(program) {
  try {
    requireNode20();
    await step('npm dependencies', (log) => ensureDependencies({ log }));
    const node24 = findNode24();
    const env = nodeEnvironment(node24);
    await step('api', (log) => ensureApps({ log, node24, env, only: 'api' }));
    run(node24, env, fromRoot('dist/apps/api', program));
  } catch (error) {
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

function run(
  /** @type {string} */ node24,
  /** @type {Record<string, string | undefined>} */ env,
  /** @type {string} */ file,
) {
  const child = spawn(node24, [file, ...process.argv.slice(2)], {
    // npm goes to the repository's root; a file is named from where the person is.
    cwd: process.env.INIT_CWD || process.cwd(),
    env: { ...env, CRONIUM_DATA_DIR: dataDir() },
    stdio: 'inherit',
  });
  // It hears Ctrl-C itself, being in the same group, and ends in order.
  process.on('SIGINT', () => {});
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP']))
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { capture } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { secondsSince } from '../lib/progress.mjs';
import { readJestResult } from './jest-result.mjs';

/**
 * @typedef {object} Toolchain
 * @property {string} node24
 * @property {Record<string, string | undefined>} env
 *
 * @typedef {object} CheckResult
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} failures what failed, for the summary
 *
 * @typedef {object} Check
 * @property {string} name
 * @property {string[]} command arguments of Node 24
 * @property {string} [jestResult] where Jest writes its result; any other command counts as one test
 */

const prettier = 'node_modules/prettier/bin/prettier.cjs';
const eslint = 'node_modules/eslint/bin/eslint.js';
const nx = 'node_modules/nx/dist/bin/nx.js';
const jest = 'node_modules/jest/bin/jest.js';

/**
 * Runs all checks one after the other, each to its end, with their output as it comes.
 * @param {Toolchain} toolchain
 * @returns {Promise<{ passed: number, failed: number }>}
 */
export async function runChecks(toolchain) {
  const total = { passed: 0, failed: 0 };
  /** @type {string[]} */
  const summary = [];
  for (const check of listChecks()) {
    const begin = performance.now();
    console.log(`\n── ${check.name}`);
    const { passed, failed, failures } = await runCheck(check, toolchain);
    total.passed += passed;
    total.failed += failed;
    const mark = failed > 0 ? '✗' : '✓';
    summary.push(`${mark} ${check.name}: ${passed} passed, ${failed} failed (${secondsSince(begin)})`);
    summary.push(...failures.map((failure) => `    ${failure}`));
  }
  console.log(`\n── Summary\n${summary.join('\n')}`);
  return total;
}

/** @returns {Check[]} cheap ones first; the black-box tests last, since they run what the build made */
function listChecks() {
  const projects = ['libs', 'apps'].flatMap(listJestProjects);
  const isBlackBox = (/** @type {string} */ project) => project === 'apps/e2e';
  return [
    { name: 'format', command: [prettier, '--check', '.'] },
    { name: 'lint', command: nxTarget('lint') },
    { name: 'lint of tools', command: [eslint, 'tools', '--max-warnings', '0'] },
    { name: 'type check', command: nxTarget('typecheck') },
    ...projects.filter((project) => !isBlackBox(project)).map(jestCheck),
    { name: 'build', command: nxTarget('build') },
    ...projects.filter(isBlackBox).map(jestCheck),
    { name: 'chaos', command: ['tools/chaos.mjs', '--seed', '7', '--seconds', '45', '--outage', '10'] },
  ];
}

const nxTarget = (/** @type {string} */ target) => [
  ...[nx, 'run-many', '-t', target],
  ...['--parallel=2', '--output-style=stream'],
];

function listJestProjects(/** @type {string} */ folder) {
  return readdirSync(fromRoot(folder))
    .map((name) => `${folder}/${name}`)
    .filter((project) => existsSync(fromRoot(project, 'jest.config.cjs')));
}

/** @returns {Check} */
function jestCheck(/** @type {string} */ project) {
  const jestResult = fromRoot('tmp/test-results', `${project.replace('/', '-')}.json`);
  const command = [jest, '-c', `${project}/jest.config.cjs`, '--ci', '--passWithNoTests'];
  return { name: project, jestResult, command: [...command, '--json', `--outputFile=${jestResult}`] };
}

/** @returns {Promise<CheckResult>} */
async function runCheck(
  /** @type {Check} */ { name, command, jestResult },
  /** @type {Toolchain} */ { node24, env },
) {
  const startedAt = Date.now();
  if (jestResult) mkdirSync(path.dirname(jestResult), { recursive: true });
  const { code, signal } = await capture(node24, command, { env, onLine: (line) => console.log(line) });
  const end = signal ?? `exit code ${code}`;
  if (jestResult) return readJestResult(jestResult, { startedAt, succeeded: code === 0, end });
  return code === 0
    ? { passed: 1, failed: 0, failures: [] }
    : { passed: 0, failed: 1, failures: [`${name}: ${end}, see its output above`] };
}

import { existsSync, readFileSync, statSync } from 'node:fs';

/**
 * Counts the tests of one Jest run. What kept tests from running (a suite that could not be loaded, a crash of Jest)
 * counts as a failed test: it must not look like fewer tests.
 * @param {string} file written by `jest --json --outputFile`
 * @param {{ startedAt: number, succeeded: boolean, end: string }} run an older file is one of an earlier run
 * @returns {import('./checks.mjs').CheckResult}
 */
export function readJestResult(file, { startedAt, succeeded, end }) {
  if (!existsSync(file) || statSync(file).mtimeMs < startedAt - 1000) {
    return { passed: 0, failed: 1, failures: [`Jest ended without a result (${end}), see its output above`] };
  }
  const result = JSON.parse(readFileSync(file, 'utf8'));
  const failures = result.testResults.flatMap(failuresOfSuite);
  if (!succeeded && failures.length === 0) failures.push(`Jest failed (${end}), see its output above`);
  return { passed: result.numPassedTests, failed: failures.length, failures };
}

function failuresOfSuite(/** @type {any} */ suite) {
  const failed = suite.assertionResults.filter((/** @type {any} */ test) => test.status === 'failed');
  if (failed.length > 0) return failed.map((/** @type {any} */ test) => `${suite.name}: ${test.fullName}`);
  return suite.status === 'failed' ? [`${suite.name}: the suite could not be run`] : [];
}

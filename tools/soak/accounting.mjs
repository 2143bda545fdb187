import { isDeepStrictEqual } from 'node:util';

/**
 * @typedef {object} Account what became of one job that was asked for
 * @property {string} name
 * @property {string} executionId
 * @property {readonly string[]} faults nothing when it ended as it had to, with the log and output that it had to have
 */

/**
 * Holds one execution to what its kind says of it.
 * @param {{ number: number, expected: import('./kinds.mjs').Expected, execution: any, log: { entries: any[], complete: boolean } }} what
 *   as the API answered once it had ended
 * @returns {string[]} what is wrong, for a person
 */
export function judgeJob({ number, expected, execution, log }) {
  const { state, exitCode, signal, errorCode, output } = expected;
  const [job, ...others] = execution.jobs;
  if (!job || others.length > 0) return [`It has ${execution.jobs.length} jobs.`];
  const faults = [];
  const compare = (
    /** @type {string} */ what,
    /** @type {unknown} */ found,
    /** @type {unknown} */ wanted,
  ) => {
    if (!isDeepStrictEqual(found, wanted))
      faults.push(`Its ${what} is ${shown(found)} instead of ${shown(wanted)}.`);
  };
  compare('state', execution.state, state);
  compare('input', execution.input, number);
  compare('number of attempts', job.attempt, 1);
  compare('output', job.output, output);
  if (state !== 'cancelled') {
    // How far one came that was cancelled says nothing.
    compare('exit code', job.exitCode, exitCode);
    if (errorCode === undefined) compare('signal', job.signal, signal);
    compare('error', job.error?.code, errorCode);
  }
  if (job.error?.platform) faults.push(`The platform failed: ${job.error.code}, ${job.error.message}`);
  return [...faults, ...judgeLog(expected, job, log)];
}

/** Everything that was printed, once, in order, on its stream. */
function judgeLog({ stdout, stderr }, job, { entries, complete }) {
  const faults = [];
  if (!complete) faults.push(`Its log ends after ${entries.length} entries and is not complete.`);
  if (entries.length !== job.logEntries)
    faults.push(`Its log has ${entries.length} entries, and ${job.logEntries} are said to be there.`);
  const gap = entries.findIndex(({ seq }, index) => seq !== index + 1);
  if (gap >= 0) faults.push(`Entry ${gap + 1} of its log is numbered ${entries[gap].seq}.`);
  for (const [stream, wanted] of Object.entries({ stdout, stderr })) {
    const text = entries.filter((entry) => entry.stream === stream).map((entry) => entry.text);
    const said = text.join('');
    if (typeof wanted === 'string' ? said !== wanted : !wanted.test(said))
      faults.push(`On ${stream} it said ${shown(said)} instead of ${shown(wanted)}.`);
  }
  return faults;
}

/**
 * Holds all that the product knows to all that was asked for.
 * @param {{ accounts: readonly Account[], listed: readonly { id: string, state: string }[], success: any, uncounted: number }} whole listed:
 *   every execution of the installation; success: the success metrics; uncounted: jobs that say nothing of the platform (cancelled)
 * @returns {string[]}
 */
export function judgeWhole({ accounts, listed, success, uncounted }) {
  const faults = accounts.flatMap(({ name, executionId, faults: own }) =>
    own.map((fault) => `${name} (execution ${executionId}): ${fault}`),
  );
  const asked = new Set(accounts.map(({ executionId }) => executionId));
  if (asked.size !== accounts.length)
    faults.push(`${accounts.length} jobs were asked for, and ${asked.size} executions were answered.`);
  const known = new Set(listed.map(({ id }) => id));
  for (const id of asked) if (!known.has(id)) faults.push(`Execution ${id} was answered and is not listed.`);
  for (const { id, state } of listed)
    if (!asked.has(id)) faults.push(`Execution ${id} (${state}) was asked for by nobody.`);
  if (listed.length !== known.size)
    faults.push(`${listed.length - known.size} executions are listed more than once.`);
  const { jobs, platformFailures, successRate } = success.total;
  if (jobs !== accounts.length - uncounted)
    faults.push(`The success metrics count ${jobs} jobs instead of ${accounts.length - uncounted}.`);
  if (platformFailures !== 0 || successRate !== 1)
    faults.push(`The success metrics tell of ${platformFailures} platform failures.`);
  return faults;
}

const longest = 200;

function shown(/** @type {unknown} */ value) {
  const text = value instanceof RegExp ? String(value) : (JSON.stringify(value) ?? 'none');
  return text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
}

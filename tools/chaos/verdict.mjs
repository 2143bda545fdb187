import pg from 'pg';

import { linesOfScript } from './workload.mjs';

/**
 * Checks every execution: one end each, no job run twice, no line lost or doubled, no trigger and no planned run forgotten.
 *
 * @param {{ defects: string[], url: string, workload: import('./workload.mjs').Workload, mayFail: boolean }} run mayFail: the engine was killed, which ends what
 *   ran there as a platform error
 * @returns {Promise<{ figures: Record<string, number>, faults: string[] }>}
 */
export async function judge({ defects, url, workload, mayFail }) {
  const database = new pg.Client({ connectionString: url });
  await database.connect();
  try {
    const executions = (await database.query(executionsSql)).rows;
    const jobs = (await database.query(jobsSql)).rows;
    const faults = [
      ...defects.map((defect) => `The API blamed itself: ${defect}`),
      ...judgeTriggers(executions, workload.triggers),
      ...executions.flatMap(judgeExecution),
      ...jobs.flatMap((job) => judgeJob(job, mayFail)),
      ...judgeMarks(executions, workload),
      ...judgePlan((await database.query(plannedSql)).rows),
    ];
    const count = (/** @type {string} */ state) => executions.filter((one) => one.state === state).length;
    const succeeded = count('succeeded');
    if (succeeded === 0) faults.push('Nothing succeeded: the run says nothing.');
    return {
      figures: {
        executions: executions.length,
        succeeded,
        failed: count('failed') + count('lost'),
        skipped: count('skipped'),
        jobs: jobs.length,
        lines: jobs.reduce((sum, { log }) => sum + (log.match(/\n/g)?.length ?? 0), 0),
      },
      faults,
    };
  } finally {
    await database.end();
  }
}

const executionsSql = `
  SELECT execution.id, execution.state, execution.ended_at AS "endedAt", execution.idempotency_key AS key,
         (SELECT count(*)::int FROM jobs WHERE execution_id = execution.id) AS jobs
    FROM executions execution`;
const jobsSql = `
  SELECT job.id, job.state, job.attempt, job.ended_at AS "endedAt", job.exit_code AS "exitCode", job.error, job.server_type AS type,
         job.started_at AS "startedAt", execution.event_name AS event,
         coalesce((SELECT convert_from(string_agg(data, ''::bytea ORDER BY first_seq), 'UTF8')
                     FROM job_log_chunks WHERE job_id = job.id), '') AS log
    FROM jobs job JOIN executions execution ON execution.id = job.execution_id`;
const plannedSql = `
  SELECT planned_at AS at, lag(planned_at) OVER (ORDER BY planned_at) AS before, state
    FROM executions WHERE trigger = 'schedule' ORDER BY planned_at`;

function judgeTriggers(executions, triggers) {
  const known = new Set(executions.map(({ key }) => key));
  return triggers
    .filter(({ key }) => !known.has(key))
    .map(({ key }) => `${key} was taken, and has no execution.`);
}

function judgeExecution({ id, state, endedAt, jobs }) {
  const faults = [];
  if (!endedAt) faults.push(`Execution ${id} is ${state} and has not ended.`);
  if (jobs !== 1 && state !== 'skipped') faults.push(`Execution ${id} has ${jobs} jobs.`);
  return faults;
}

function judgeJob(job, mayFail) {
  const { id, state, attempt, endedAt, exitCode, error, event, type } = job;
  const name = `Job ${id} of “${event}”`;
  const faults = [];
  if (!endedAt) faults.push(`${name} is ${state} and has not ended.`);
  if (attempt !== 1) faults.push(`${name} is attempt ${attempt}, and nobody wanted any.`);
  if (state === 'succeeded') {
    if (exitCode !== 0) faults.push(`${name} succeeded with exit code ${exitCode}.`);
  } else if (!mayFail || type !== 'container' || error?.platform !== true) {
    faults.push(`${name} is ${state}: ${JSON.stringify(error ?? { exitCode })}`);
  }
  return [...faults, ...judgeLog(name, job)];
}

/** What was printed, in order and once; of a job that did not succeed a part of it, from its beginning. */
function judgeLog(name, { log, state, event }) {
  const lines = log.split('\n');
  const rest = lines.pop();
  if (!lines[0]?.startsWith('start ')) {
    return state === 'succeeded' || log !== ''
      ? [`${name} does not begin at its beginning: ${log.slice(0, 80)}`]
      : [];
  }
  const numbered = event === 'every second' ? 0 : linesOfScript;
  const expected = [...Array.from({ length: numbered }, (_, index) => `line ${index + 1}`), 'end'];
  const said = [...lines.slice(1), ...(rest ? [rest] : [])];
  const isWhole = said.join('\n') === expected.join('\n');
  const isPart = expected.join('\n').startsWith(said.join('\n'));
  if (state === 'succeeded' ? isWhole : isPart) return [];
  return [`${name} (${state}) has another log than it printed: ${JSON.stringify(said)}`];
}

function judgeMarks(executions, workload) {
  const states = new Map(executions.map(({ key, state }) => [key, state]));
  const marks = workload.marks();
  return workload.triggers
    .filter(({ isMarked }) => isMarked)
    .flatMap(({ key }) => {
      const times = marks.get(key) ?? 0;
      if (times > 1) return [`${key} ran ${times} times on the host.`];
      if (times === 0 && states.get(key) === 'succeeded') return [`${key} succeeded and has not run.`];
      return [];
    });
}

/** Every two seconds one, started or recorded as skipped. */
function judgePlan(runs) {
  return runs.flatMap(({ at, before }) => {
    if (before === null || at.getTime() - before.getTime() === 2000) return [];
    return [
      `Between the runs planned for ${before.toISOString()} and ${at.toISOString()} something is missing or doubled.`,
    ];
  });
}

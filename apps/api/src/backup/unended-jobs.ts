import type { JobError, JobState, TargetStrategy } from '@cronium/contracts';
import type { ClientBase } from 'pg';

import { executionStateOf } from '../executions/execution-state';
import type { Manifest } from './records';

/** What became of jobs that had not ended when the backup was made. */
export interface UnendedJobs {
  /** Ended as `lost`: what became of them is not known here. */
  readonly lost: number;
  /** Nobody can have run them since: they wait for their turn. */
  readonly queued: number;
}

const lost: JobError = {
  code: 'restored',
  message:
    'This job had not ended when the backup was made that was restored since. Whether it ran to its end, and how that was, is not known here.',
  platform: true,
};

/**
 * No job is to run twice. What had begun went on, or was cut off, where the backup was made. What was queued there has run since, unless no
 * process was at work: then it still waits, and is kept. Lost jobs get no further attempt and go on to no other server.
 */
export async function endUnendedJobs(client: ClientBase, { wasRunning }: Manifest): Promise<UnendedJobs> {
  const { rows } = await client.query<{ execution_id: string }>(
    `UPDATE jobs
        SET state = 'lost', error = $1, ended_at = now(), handle = NULL, worker_id = NULL, waiting_for = NULL,
            waiting_since = NULL, wait_until = NULL
      WHERE ended_at IS NULL AND ($2 OR state <> 'queued' OR handle IS NOT NULL)
     RETURNING execution_id`,
    [JSON.stringify(lost), wasRunning],
  );
  // The message of one that had a place is gone: it gets a place and a message as if it had just been queued.
  await client.query(
    `UPDATE jobs SET worker_id = NULL, admitted_at = CASE WHEN waiting_since IS NOT NULL THEN admitted_at END WHERE ended_at IS NULL`,
  );
  await settle(client, [...new Set(rows.map((row) => row.execution_id))]);
  const queued = await client.query<{ count: string }>('SELECT count(*) FROM jobs WHERE ended_at IS NULL');
  return { lost: rows.length, queued: Number(queued.rows[0]?.count ?? 0) };
}

/** Executions whose jobs have all ended end as well. Of several attempts on a server the last one counts. */
async function settle(client: ClientBase, executionIds: readonly string[]): Promise<void> {
  const { rows } = await client.query<{ id: string; strategy: TargetStrategy; states: JobState[] }>(
    `SELECT execution.id, execution.target_strategy AS strategy, array_agg(job.state ORDER BY job.position) AS states
       FROM executions execution
       JOIN (SELECT DISTINCT ON (execution_id, position) execution_id, position, state FROM jobs
              WHERE execution_id = ANY($1) ORDER BY execution_id, position, attempt DESC) job ON job.execution_id = execution.id
      WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND ended_at IS NULL)
      GROUP BY execution.id`,
    [executionIds],
  );
  await client.query(
    `UPDATE executions execution SET state = given.state, ended_at = now()
       FROM unnest($1::uuid[], $2::text[]) AS given(id, state) WHERE execution.id = given.id`,
    [rows.map(({ id }) => id), rows.map(({ states, strategy }) => executionStateOf(states, strategy))],
  );
}

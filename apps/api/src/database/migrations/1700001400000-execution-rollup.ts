import type { MigrationInterface, QueryRunner } from 'typeorm';

const buckets = Array.from({ length: 74 }, (_, index) => index + 1);
const countsOf = (column: string) =>
  `ARRAY[${buckets.map((bucket) => `count(*) FILTER (WHERE ${column} = ${bucket})`).join(', ')}]::integer[]`;

/** How many executions ended how, and how long they took, by the time at which they were triggered: what the home page is read from. */
export class ExecutionRollup1700001400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- By the quarter of an hour, since the clocks of every time zone differ from UTC by whole quarters.
      CREATE TABLE execution_quarters (
        -- Zeros: everybody's together, so that their sum has not to be made from as many rows as there are owners.
        owner_id uuid NOT NULL,
        at timestamptz(3) NOT NULL,
        succeeded integer NOT NULL,
        failed integer NOT NULL,
        cancelled integer NOT NULL,
        skipped integer NOT NULL,
        PRIMARY KEY (owner_id, at)
      );
      CREATE INDEX execution_quarters_at ON execution_quarters (at);
      -- By the hour: counts of each bucket of durations (dashboard/duration-buckets.ts).
      CREATE TABLE execution_hours (
        owner_id uuid NOT NULL,
        at timestamptz(3) NOT NULL,
        runs integer[] NOT NULL,
        waits integer[] NOT NULL,
        PRIMARY KEY (owner_id, at)
      );
      CREATE INDEX execution_hours_at ON execution_hours (at);
      -- Executions that ended before are counted, those that ended later are not.
      CREATE TABLE execution_rollup (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        until timestamptz(3) NOT NULL
      );
      INSERT INTO execution_rollup (until) VALUES (now() - interval '190 days');

      CREATE FUNCTION duration_bucket(duration interval) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN duration IS NULL THEN NULL WHEN duration < interval '10 ms' THEN 1
                    ELSE least(74, 2 + floor(3 * ln(extract(epoch FROM duration)::float8 / 0.01) / ln(2::float8)))::integer END
      $$;
      CREATE FUNCTION add_counts(one integer[], other integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE AS $$
        SELECT array_agg(a + b ORDER BY bucket) FROM unnest(one, other) WITH ORDINALITY AS counts(a, b, bucket)
      $$;

      -- Counts what ended since the last time, and forgets what is older than any page asks for. One process at a time: others do nothing.
      -- Its plans must not depend on how large the tables were when they were made.
      CREATE FUNCTION roll_up_executions() RETURNS void LANGUAGE plpgsql SET enable_seqscan TO off AS $$
        DECLARE
          counted_until timestamptz;
          next timestamptz;
        BEGIN
          SELECT until INTO counted_until FROM execution_rollup FOR UPDATE SKIP LOCKED;
          IF NOT FOUND THEN RETURN; END IF;
          -- An end bears the time at which its transaction began: what began before \`next\` has to be over, or its end would never be
          -- counted. After ten minutes a transaction is a backup, which writes none.
          SELECT date_trunc('milliseconds', least(
                   clock_timestamp() - interval '1 s',
                   greatest(min(xact_start) - interval '1 ms', clock_timestamp() - interval '10 min')))
            INTO next FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend';
          IF next <= counted_until THEN RETURN; END IF;

          INSERT INTO execution_quarters AS counted (owner_id, at, succeeded, failed, cancelled, skipped)
          SELECT coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), at,
                 count(*) FILTER (WHERE state = 'succeeded'), count(*) FILTER (WHERE state IN ('failed', 'timed_out', 'lost', 'partial')),
                 count(*) FILTER (WHERE state = 'cancelled'), count(*) FILTER (WHERE state = 'skipped')
            FROM (SELECT owner_id, state, date_bin('15 min', created_at, 'epoch') AS at
                    FROM executions WHERE ended_at >= counted_until AND ended_at < next) ended
           GROUP BY GROUPING SETS ((owner_id, at), (at))
              ON CONFLICT (owner_id, at) DO UPDATE
             SET succeeded = counted.succeeded + excluded.succeeded, failed = counted.failed + excluded.failed,
                 cancelled = counted.cancelled + excluded.cancelled, skipped = counted.skipped + excluded.skipped;

          INSERT INTO execution_hours AS counted (owner_id, at, runs, waits)
          SELECT coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), at, ${countsOf('run')}, ${countsOf('wait')}
            FROM (SELECT owner_id, date_bin('1 h', created_at, 'epoch') AS at, duration_bucket(ended_at - started_at) AS run,
                         duration_bucket(started_at - created_at) AS wait
                    FROM executions WHERE ended_at >= counted_until AND ended_at < next AND started_at IS NOT NULL) ended
           GROUP BY GROUPING SETS ((owner_id, at), (at))
              ON CONFLICT (owner_id, at) DO UPDATE
             SET runs = add_counts(counted.runs, excluded.runs), waits = add_counts(counted.waits, excluded.waits);

          DELETE FROM execution_quarters WHERE at < now() - interval '190 days';
          DELETE FROM execution_hours WHERE at < now() - interval '190 days';
          UPDATE execution_rollup SET until = next;
        END $$;

      SELECT roll_up_executions();
      ANALYZE execution_quarters, execution_hours;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP FUNCTION roll_up_executions, add_counts, duration_bucket;
      DROP TABLE execution_rollup, execution_hours, execution_quarters;
    `);
  }
}

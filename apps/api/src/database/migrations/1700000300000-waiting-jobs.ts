import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What becomes of jobs for a server that is away, and the health of servers, shared by all processes. */
export class WaitingJobs1700000300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE servers
        ADD COLUMN when_unhealthy text NOT NULL DEFAULT 'fail' CHECK (when_unhealthy IN ('fail', 'wait')),
        ADD COLUMN wait_minutes integer NOT NULL DEFAULT 10 CHECK (wait_minutes BETWEEN 1 AND 1440);
      -- A host that restarts is not to lose runs.
      UPDATE servers SET when_unhealthy = 'wait' WHERE type = 'ssh';

      CREATE TABLE server_health (
        server_id uuid PRIMARY KEY REFERENCES servers ON DELETE CASCADE,
        -- Null until the first check has ended.
        healthy boolean,
        checked_at timestamptz(3),
        latency_ms double precision,
        reason jsonb,
        notice text,
        -- Checks in a row that failed.
        failures integer NOT NULL DEFAULT 0,
        next_check_at timestamptz(3) NOT NULL,
        -- A process is at it; when that dies, another may from then on.
        checking_until timestamptz(3)
      );

      ALTER TABLE jobs
        ADD COLUMN waiting_for jsonb,
        ADD COLUMN waiting_since timestamptz(3),
        ADD COLUMN wait_until timestamptz(3),
        ADD COLUMN waited_seconds double precision NOT NULL DEFAULT 0,
        ADD CONSTRAINT jobs_waiting CHECK (
          CASE WHEN waiting_since IS NULL THEN wait_until IS NULL AND waiting_for IS NULL
               ELSE state = 'queued' AND wait_until IS NOT NULL AND waiting_for IS NOT NULL END);
      CREATE INDEX jobs_waiting ON jobs (server_id) WHERE waiting_since IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The version before sends no message for a job that waits, which would stay queued for ever.
    await runner.query(`
      ALTER TABLE jobs DROP CONSTRAINT jobs_waiting;
      UPDATE jobs SET state = 'cancelled', ended_at = now() WHERE waiting_since IS NOT NULL;
      UPDATE executions execution
         SET ended_at = now(),
             state = CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND state = 'succeeded') THEN 'partial'
                          WHEN EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND state <> 'cancelled') THEN 'failed'
                          ELSE 'cancelled' END
       WHERE EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND waiting_since IS NOT NULL)
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND ended_at IS NULL);
      DROP INDEX jobs_waiting;
      ALTER TABLE jobs DROP COLUMN waiting_for, DROP COLUMN waiting_since, DROP COLUMN wait_until, DROP COLUMN waited_seconds;
      DROP TABLE server_health;
      ALTER TABLE servers DROP COLUMN when_unhealthy, DROP COLUMN wait_minutes;
    `);
  }
}

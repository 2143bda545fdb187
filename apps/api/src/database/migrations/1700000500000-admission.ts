import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Limits by server, event and owner; what becomes of executions that overlap; bounded queues. */
export class Admission1700000500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE events
        ADD COLUMN overlap_policy text NOT NULL DEFAULT 'allow'
          CHECK (overlap_policy IN ('allow', 'skip', 'queue', 'replace')),
        ADD COLUMN max_concurrent_executions integer CHECK (max_concurrent_executions > 0),
        ADD COLUMN max_queued_executions integer NOT NULL DEFAULT 100 CHECK (max_queued_executions > 0),
        ADD COLUMN priority text NOT NULL DEFAULT 'normal' CHECK (priority IN ('low', 'normal', 'high'));
      ALTER TABLE servers
        ADD COLUMN max_queued_jobs integer NOT NULL DEFAULT 1000 CHECK (max_queued_jobs > 0),
        ADD COLUMN when_queue_full text NOT NULL DEFAULT 'refuse' CHECK (when_queue_full IN ('refuse', 'wait'));
      INSERT INTO system_settings (key, value) VALUES ('max_concurrent_jobs_per_user', 'null');

      ALTER TABLE jobs
        ADD COLUMN owner_id uuid,
        ADD COLUMN event_id uuid,
        ADD COLUMN precedence smallint NOT NULL DEFAULT 1,
        ADD COLUMN admitted_at timestamptz(3),
        ADD COLUMN not_before timestamptz(3);
      -- Until now every queued job had a message, unless it waits for its server.
      UPDATE jobs job
         SET owner_id = execution.owner_id, event_id = execution.event_id,
             admitted_at = CASE WHEN job.ended_at IS NULL AND job.waiting_since IS NULL THEN job.queued_at END,
             precedence = CASE WHEN job.ended_at IS NULL THEN 9 ELSE 1 END
        FROM executions execution WHERE execution.id = job.execution_id;
      ALTER TABLE jobs ALTER COLUMN owner_id SET NOT NULL;
      -- The queue of a server, by owner and event.
      CREATE INDEX jobs_unadmitted ON jobs (server_id, owner_id, event_id, precedence DESC, id)
        WHERE state = 'queued' AND admitted_at IS NULL AND waiting_since IS NULL;
      -- Who has a place.
      CREATE INDEX jobs_admitted ON jobs (server_id, owner_id) WHERE admitted_at IS NOT NULL AND ended_at IS NULL;
      -- Whose turn it was last.
      CREATE INDEX jobs_turns ON jobs (server_id, owner_id, admitted_at) WHERE admitted_at IS NOT NULL;
      CREATE INDEX jobs_begun ON jobs (event_id, execution_id) WHERE precedence = 9 AND ended_at IS NULL;
      CREATE INDEX executions_active ON executions (event_id, created_at) WHERE ended_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The version before sends a message for each job at once: one that has none would stay queued for ever.
    await runner.query(`
      CREATE TEMPORARY TABLE unadmitted ON COMMIT DROP AS
        SELECT id, execution_id FROM jobs WHERE state = 'queued' AND admitted_at IS NULL AND waiting_since IS NULL;
      UPDATE jobs SET state = 'cancelled', ended_at = now() WHERE id IN (SELECT id FROM unadmitted);
      UPDATE executions execution
         SET ended_at = now(),
             state = CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND state = 'succeeded') THEN 'partial'
                          WHEN EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND state <> 'cancelled') THEN 'failed'
                          ELSE 'cancelled' END
       WHERE execution.id IN (SELECT execution_id FROM unadmitted)
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id AND ended_at IS NULL);

      DROP INDEX executions_active, jobs_begun, jobs_turns, jobs_admitted, jobs_unadmitted;
      ALTER TABLE jobs DROP COLUMN not_before, DROP COLUMN admitted_at, DROP COLUMN precedence, DROP COLUMN event_id,
        DROP COLUMN owner_id;
      DELETE FROM system_settings WHERE key = 'max_concurrent_jobs_per_user';
      ALTER TABLE servers DROP COLUMN when_queue_full, DROP COLUMN max_queued_jobs;
      ALTER TABLE events DROP COLUMN priority, DROP COLUMN max_queued_executions, DROP COLUMN max_concurrent_executions,
        DROP COLUMN overlap_policy;
    `);
  }
}

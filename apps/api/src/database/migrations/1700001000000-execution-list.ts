import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the list of executions needs to be quick among a million of them. */
export class ExecutionList1700001000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A job is inserted together with its execution; those that come later name the time.
      ALTER TABLE jobs ADD COLUMN execution_created_at timestamptz(3) NOT NULL DEFAULT now();
      UPDATE jobs job SET execution_created_at = execution.created_at
        FROM executions execution WHERE execution.id = job.execution_id;
      -- The executions of a server, newest first.
      CREATE INDEX jobs_server_executions ON jobs (server_id, execution_created_at DESC, execution_id DESC)
        WHERE attempt = 1;
      -- Rare states among the many executions of an owner or an event.
      CREATE INDEX executions_owner_state ON executions (owner_id, state, created_at DESC, id DESC);
      CREATE INDEX executions_event_state ON executions (event_id, state, created_at DESC, id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX executions_event_state, executions_owner_state, jobs_server_executions;
      ALTER TABLE jobs DROP COLUMN execution_created_at;
    `);
  }
}

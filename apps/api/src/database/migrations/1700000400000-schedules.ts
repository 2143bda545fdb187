import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Events that run by themselves, and the record of the runs that did not happen. */
export class Schedules1700000400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE events
        ADD COLUMN paused boolean NOT NULL DEFAULT false,
        ADD COLUMN misfire_policy text NOT NULL DEFAULT 'run_once'
          CHECK (misfire_policy IN ('skip', 'run_once', 'run_all')),
        ADD COLUMN misfire_window_seconds integer NOT NULL DEFAULT 86400,
        ADD COLUMN next_planned_at timestamptz(3),
        ADD COLUMN next_run_at timestamptz(3),
        ADD COLUMN scheduled_runs integer NOT NULL DEFAULT 0,
        ADD CONSTRAINT events_next_run CHECK ((next_planned_at IS NULL) = (next_run_at IS NULL));
      -- The scheduler's only question: which are due, and when is the next.
      CREATE INDEX events_next_run ON events (next_run_at) WHERE next_run_at IS NOT NULL AND NOT paused;

      ALTER TABLE executions DROP CONSTRAINT executions_trigger_check,
        ADD CONSTRAINT executions_trigger_check CHECK (trigger IN ('manual', 'api', 'schedule')),
        ADD COLUMN planned_at timestamptz(3),
        ADD COLUMN error jsonb;
    `);
  }

  /** What the schedule started stays in the history, as started through the API. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE executions DROP COLUMN error, DROP COLUMN planned_at,
        DROP CONSTRAINT executions_trigger_check;
      UPDATE executions SET trigger = 'api' WHERE trigger = 'schedule';
      ALTER TABLE executions ADD CONSTRAINT executions_trigger_check CHECK (trigger IN ('manual', 'api'));

      UPDATE events SET schedule = '{"kind": "manual"}';
      ALTER TABLE events
        DROP COLUMN scheduled_runs, DROP COLUMN next_run_at, DROP COLUMN next_planned_at,
        DROP COLUMN misfire_window_seconds, DROP COLUMN misfire_policy, DROP COLUMN paused;
    `);
  }
}

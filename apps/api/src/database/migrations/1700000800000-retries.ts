import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Further attempts, limits of set-up and clean-up, and triggers that share an execution. */
export class Retries1700000800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE events
        ADD COLUMN retry jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN setup_timeout_seconds integer NOT NULL DEFAULT 120 CHECK (setup_timeout_seconds > 0),
        ADD COLUMN cleanup_timeout_seconds integer NOT NULL DEFAULT 5 CHECK (cleanup_timeout_seconds >= 0),
        ADD COLUMN debounce_seconds integer NOT NULL DEFAULT 0 CHECK (debounce_seconds >= 0),
        ADD COLUMN coalesce boolean NOT NULL DEFAULT false;
      ALTER TABLE event_versions
        ADD COLUMN setup_timeout_seconds integer NOT NULL DEFAULT 120,
        ADD COLUMN cleanup_timeout_seconds integer NOT NULL DEFAULT 5;
      ALTER TABLE executions
        ADD COLUMN may_be_joined boolean NOT NULL DEFAULT false,
        ADD COLUMN triggers integer NOT NULL DEFAULT 1;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE executions DROP COLUMN triggers, DROP COLUMN may_be_joined;
      ALTER TABLE event_versions DROP COLUMN cleanup_timeout_seconds, DROP COLUMN setup_timeout_seconds;
      ALTER TABLE events DROP COLUMN coalesce, DROP COLUMN debounce_seconds, DROP COLUMN cleanup_timeout_seconds,
        DROP COLUMN setup_timeout_seconds, DROP COLUMN retry;
    `);
  }
}

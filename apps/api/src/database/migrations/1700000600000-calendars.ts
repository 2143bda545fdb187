import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Calendars that stop planned runs; alerts of runs that did not happen; and when a run was due, so that a late one is known. */
export class Calendars1700000600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE calendars (
        id uuid PRIMARY KEY,
        owner_id uuid NOT NULL REFERENCES users,
        name text NOT NULL,
        description text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('blackout', 'allow_only')),
        timezone text NOT NULL,
        visibility text NOT NULL CHECK (visibility IN ('private', 'everyone')),
        rules jsonb NOT NULL,
        imported_rules jsonb NOT NULL,
        imported_file text,
        imported_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );
      CREATE INDEX calendars_created ON calendars (created_at, id);

      CREATE TABLE event_calendars (
        event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
        calendar_id uuid NOT NULL REFERENCES calendars ON DELETE CASCADE,
        position integer NOT NULL,
        PRIMARY KEY (event_id, calendar_id)
      );
      CREATE INDEX event_calendars_calendar ON event_calendars (calendar_id);

      ALTER TABLE events
        -- The first run that its calendars let through; next_run_at is the first planned one.
        ADD COLUMN next_open_run_at timestamptz(3),
        -- Rises with each change of its calendars: a claim made with them as they were before fails.
        ADD COLUMN calendar_changes integer NOT NULL DEFAULT 0;
      UPDATE events SET next_open_run_at = next_run_at;

      -- When it was to start: planned_at with its jitter.
      ALTER TABLE executions ADD COLUMN due_at timestamptz(3);

      ALTER TABLE alerts
        ADD COLUMN event_id uuid REFERENCES events ON DELETE CASCADE,
        ADD COLUMN count integer NOT NULL DEFAULT 1,
        ADD CONSTRAINT alerts_subject CHECK (num_nonnulls(server_id, event_id) = 1);
      CREATE UNIQUE INDEX alerts_open_event ON alerts (kind, event_id) WHERE resolved_at IS NULL;
    `);
  }

  /** The version before runs every planned time. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM alerts WHERE event_id IS NOT NULL;
      DROP INDEX alerts_open_event;
      ALTER TABLE alerts DROP CONSTRAINT alerts_subject, DROP COLUMN count, DROP COLUMN event_id;
      ALTER TABLE executions DROP COLUMN due_at;
      ALTER TABLE events DROP COLUMN calendar_changes, DROP COLUMN next_open_run_at;
      DROP TABLE event_calendars, calendars;
    `);
  }
}

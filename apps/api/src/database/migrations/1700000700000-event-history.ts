import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A version keeps all that a save holds, who saved it, and why. */
export class EventHistory1700000700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE event_versions
        ADD COLUMN snapshot jsonb NOT NULL DEFAULT '{}',
        ADD COLUMN author_name text,
        ADD COLUMN note text;

      UPDATE event_versions version SET author_name = author.name
        FROM users author WHERE author.id = version.created_by;

      -- What was saved is known of the newest version alone. Of the older ones it is taken to have been the same, but for the name, which
      -- executions have kept.
      UPDATE event_versions version
         SET snapshot = jsonb_build_object(
               'name', CASE WHEN version.version = event.version THEN event.name ELSE coalesce(
                 (SELECT execution.event_name FROM executions execution
                   WHERE execution.event_version_id = version.id ORDER BY execution.created_at LIMIT 1),
                 event.name) END,
               'description', event.description,
               'schedule', event.schedule,
               'paused', event.paused,
               'misfirePolicy', event.misfire_policy,
               'misfireWindowSeconds', event.misfire_window_seconds,
               'tags', to_jsonb(event.tags),
               'targetStrategy', event.target_strategy,
               'serverTag', event.server_tag,
               'servers', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', server.id, 'name', server.name, 'type', server.type)
                                           ORDER BY chosen.position), '[]')
                             FROM event_servers chosen JOIN servers server ON server.id = chosen.server_id
                            WHERE chosen.event_id = event.id),
               'calendars', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', calendar.id, 'name', calendar.name)
                                             ORDER BY kept.position), '[]')
                               FROM event_calendars kept JOIN calendars calendar ON calendar.id = kept.calendar_id
                              WHERE kept.event_id = event.id))
        FROM events event WHERE event.id = version.event_id;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE event_versions DROP COLUMN note, DROP COLUMN author_name, DROP COLUMN snapshot;
    `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Rules for alerts, what becomes of alerts, silences, and the channels by which alerts are delivered. */
export class Alerts1700001700000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE alert_rules (
        id uuid PRIMARY KEY,
        kind text NOT NULL UNIQUE,
        enabled boolean NOT NULL DEFAULT true,
        threshold double precision,
        critical_threshold double precision,
        for_seconds integer NOT NULL CHECK (for_seconds >= 0),
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
        recipients text NOT NULL CHECK (recipients IN ('owner', 'administrators', 'users')),
        user_ids uuid[] NOT NULL DEFAULT '{}',
        -- Null for all.
        channel_ids uuid[],
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );
      INSERT INTO alert_rules (id, kind, threshold, critical_threshold, for_seconds, severity, recipients) VALUES
        (gen_random_uuid(), 'server_unhealthy', NULL, NULL, 120, 'critical', 'owner'),
        (gen_random_uuid(), 'host_key_changed', NULL, NULL, 0, 'critical', 'owner'),
        (gen_random_uuid(), 'disk_short', 90, 97, 300, 'warning', 'owner'),
        (gen_random_uuid(), 'memory_short', 95, NULL, 300, 'warning', 'owner'),
        (gen_random_uuid(), 'queue_growing', 1000, NULL, 300, 'warning', 'owner'),
        (gen_random_uuid(), 'queue_stalled', 900, NULL, 0, 'warning', 'owner'),
        (gen_random_uuid(), 'pool_exhausted', NULL, NULL, 120, 'warning', 'owner'),
        (gen_random_uuid(), 'did_not_run', NULL, NULL, 0, 'warning', 'owner'),
        (gen_random_uuid(), 'failure_streak', 3, 10, 0, 'warning', 'owner'),
        (gen_random_uuid(), 'late_schedule', 60, 900, 0, 'warning', 'owner'),
        (gen_random_uuid(), 'limit_kills', 5, NULL, 0, 'warning', 'owner'),
        (gen_random_uuid(), 'sign_in_attacks', 20, NULL, 0, 'critical', 'administrators'),
        (gen_random_uuid(), 'backup_old', 7, 30, 0, 'warning', 'administrators');

      ALTER TABLE alerts
        DROP CONSTRAINT alerts_subject,
        -- Neither: it is about the installation.
        ADD CONSTRAINT alerts_subject CHECK (num_nonnulls(server_id, event_id) <= 1),
        ADD COLUMN acknowledged_at timestamptz(3),
        ADD COLUMN acknowledged_by uuid REFERENCES users ON DELETE SET NULL,
        ADD COLUMN state text NOT NULL GENERATED ALWAYS AS (
          CASE WHEN resolved_at IS NOT NULL THEN 'resolved' WHEN acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE 'open' END) STORED,
        -- The highest that was delivered; null when a silence has kept all of it back.
        ADD COLUMN told_severity text;
      -- There were no channels before: nothing of it is delivered now.
      UPDATE alerts SET told_severity = severity;
      CREATE UNIQUE INDEX alerts_open_system ON alerts (kind)
        WHERE resolved_at IS NULL AND server_id IS NULL AND event_id IS NULL;
      CREATE INDEX alerts_opened ON alerts (opened_at DESC, id DESC);
      CREATE INDEX alerts_server ON alerts (server_id, opened_at DESC, id DESC) WHERE server_id IS NOT NULL;
      CREATE INDEX alerts_event ON alerts (event_id, opened_at DESC, id DESC) WHERE event_id IS NOT NULL;

      CREATE TABLE alert_changes (
        id uuid PRIMARY KEY,
        alert_id uuid NOT NULL REFERENCES alerts ON DELETE CASCADE,
        at timestamptz(3) NOT NULL,
        kind text NOT NULL CHECK (kind IN ('opened', 'severity_raised', 'acknowledged', 'resolved')),
        severity text NOT NULL,
        by uuid REFERENCES users ON DELETE SET NULL,
        note text,
        -- The reason of the silence that kept it from being delivered.
        silenced_by text
      );
      CREATE INDEX alert_changes_alert ON alert_changes (alert_id, at, id);
      INSERT INTO alert_changes (id, alert_id, at, kind, severity)
      SELECT gen_random_uuid(), id, opened_at, 'opened', severity FROM alerts
       UNION ALL SELECT gen_random_uuid(), id, resolved_at, 'resolved', severity FROM alerts WHERE resolved_at IS NOT NULL;

      -- Since when a condition holds that is looked at once a minute, and when it was seen last.
      CREATE TABLE alert_conditions (
        kind text NOT NULL,
        -- A server, an event, or zeros for the installation.
        subject_id uuid NOT NULL,
        since timestamptz(3) NOT NULL,
        seen_at timestamptz(3) NOT NULL,
        PRIMARY KEY (kind, subject_id)
      );

      CREATE TABLE alert_silences (
        id uuid PRIMARY KEY,
        kind text,
        server_id uuid REFERENCES servers ON DELETE CASCADE,
        event_id uuid REFERENCES events ON DELETE CASCADE,
        reason text NOT NULL,
        starts_at timestamptz(3) NOT NULL,
        ends_at timestamptz(3) NOT NULL CHECK (ends_at > starts_at),
        weekly boolean NOT NULL DEFAULT false,
        timezone text NOT NULL,
        created_by uuid REFERENCES users ON DELETE SET NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now()
      );
      CREATE INDEX alert_silences_created ON alert_silences (created_at DESC, id DESC);

      CREATE TABLE alert_channels (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        kind text NOT NULL CHECK (kind IN ('email', 'webhook')),
        enabled boolean NOT NULL DEFAULT true,
        config jsonb NOT NULL,
        -- Sealed: the password of the mail server, or what webhooks are signed with.
        sealed_secret text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX alert_channels_name ON alert_channels (lower(name));

      CREATE TABLE alert_deliveries (
        id uuid PRIMARY KEY,
        alert_id uuid NOT NULL REFERENCES alerts ON DELETE CASCADE,
        change_id uuid NOT NULL REFERENCES alert_changes ON DELETE CASCADE,
        channel_id uuid REFERENCES alert_channels ON DELETE SET NULL,
        channel_name text NOT NULL,
        channel_kind text NOT NULL,
        recipient text NOT NULL,
        state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'delivered', 'failed')),
        attempt integer NOT NULL DEFAULT 0,
        error text,
        -- While it is sent: when another process may take it, since this one must be dead.
        next_attempt_at timestamptz(3),
        created_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        CHECK ((next_attempt_at IS NULL) = (state IN ('delivered', 'failed')))
      );
      -- Nobody hears of a change twice by the same channel.
      CREATE UNIQUE INDEX alert_deliveries_once ON alert_deliveries (change_id, channel_id, recipient);
      CREATE INDEX alert_deliveries_due ON alert_deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
      CREATE INDEX alert_deliveries_created ON alert_deliveries (created_at DESC, id DESC);
      CREATE INDEX alert_deliveries_alert ON alert_deliveries (alert_id);

      CREATE TABLE failed_sign_ins (
        minute timestamptz(0) NOT NULL,
        address text NOT NULL,
        count integer NOT NULL,
        PRIMARY KEY (minute, address)
      );

      -- What conditions are read from: each has what is wrong and nothing else, so that it is nearly empty where all is well.
      CREATE INDEX executions_failed ON executions (ended_at) WHERE state IN ('failed', 'timed_out', 'lost', 'partial');
      CREATE INDEX executions_late ON executions (started_at) WHERE started_at - due_at > interval '5 s';
      CREATE INDEX jobs_at_limits ON jobs (ended_at)
        WHERE error ->> 'code' IN ('timeout', 'out_of_memory', 'process_limit', 'disk_full', 'output_limit');
    `);
  }

  /** The version before knows alerts of servers and events of two kinds. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX jobs_at_limits, executions_late, executions_failed;
      DROP TABLE failed_sign_ins, alert_deliveries, alert_channels, alert_silences, alert_conditions, alert_changes, alert_rules;
      DELETE FROM alerts WHERE kind NOT IN ('host_key_changed', 'did_not_run');
      DROP INDEX alerts_event, alerts_server, alerts_opened, alerts_open_system;
      ALTER TABLE alerts
        DROP CONSTRAINT alerts_subject,
        ADD CONSTRAINT alerts_subject CHECK (num_nonnulls(server_id, event_id) = 1),
        DROP COLUMN told_severity, DROP COLUMN state, DROP COLUMN acknowledged_by, DROP COLUMN acknowledged_at;
    `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Ssh servers, sharing, viewers, settings with a history, target strategies, alerts and the audit log. */
export class ServersAndAccess1700000100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE users DROP CONSTRAINT users_role_check,
        ADD CONSTRAINT users_role_check CHECK (role IN ('ADMIN', 'USER', 'VIEWER'));

      ALTER TABLE servers
        ADD COLUMN description text NOT NULL DEFAULT '',
        ADD COLUMN tags text[] NOT NULL DEFAULT '{}',
        ADD COLUMN ssh_config jsonb,
        -- Sealed: the private key with its passphrase, or the password.
        ADD COLUMN ssh_credentials text,
        ADD COLUMN ssh_public_key text,
        ADD COLUMN host_key jsonb,
        ADD COLUMN offered_host_key jsonb,
        ADD CONSTRAINT servers_ssh_config CHECK ((type = 'ssh') = (ssh_config IS NOT NULL)),
        ADD CONSTRAINT servers_ssh_credentials CHECK ((type = 'ssh') = (ssh_credentials IS NOT NULL));
      CREATE INDEX servers_owner_created ON servers (owner_id, created_at, id);
      CREATE INDEX servers_tags ON servers USING gin (tags);

      CREATE TABLE server_shares (
        server_id uuid NOT NULL REFERENCES servers ON DELETE CASCADE,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        level text NOT NULL CHECK (level IN ('use', 'manage')),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (server_id, user_id)
      );
      CREATE INDEX server_shares_user ON server_shares (user_id);

      -- Key pairs that Cronium made and no server has taken yet.
      CREATE TABLE generated_keys (
        id uuid PRIMARY KEY,
        created_by uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        sealed_private_key text NOT NULL,
        public_key text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now()
      );

      ALTER TABLE events
        ADD COLUMN target_strategy text NOT NULL DEFAULT 'all'
          CHECK (target_strategy IN ('all', 'any', 'failover', 'round_robin')),
        ADD COLUMN server_tag text,
        ADD COLUMN round_robin_turn integer NOT NULL DEFAULT 0;

      ALTER TABLE executions
        ADD COLUMN target_strategy text NOT NULL DEFAULT 'all',
        -- Servers to go on to when one fails, in order.
        ADD COLUMN failover_servers uuid[] NOT NULL DEFAULT '{}';

      -- The clean-up takes logs away before it takes the executions.
      ALTER TABLE jobs ADD COLUMN log_removed_at timestamptz(3);
      CREATE INDEX jobs_kept_logs ON jobs (ended_at) INCLUDE (log_bytes)
        WHERE log_removed_at IS NULL AND log_bytes > 0;
      CREATE INDEX executions_ended ON executions (ended_at) WHERE ended_at IS NOT NULL;
      CREATE INDEX jobs_server ON jobs (server_id, queued_at DESC);
      CREATE INDEX executions_version ON executions (event_version_id);

      CREATE TABLE setting_changes (
        id uuid PRIMARY KEY,
        key text NOT NULL,
        before jsonb,
        after jsonb,
        changed_by uuid REFERENCES users ON DELETE SET NULL,
        changed_at timestamptz(3) NOT NULL DEFAULT now()
      );
      CREATE INDEX setting_changes_at ON setting_changes (changed_at DESC, id DESC);
      INSERT INTO system_settings (key, value) VALUES
        ('settings_version', '1'),
        ('retention_executions_days', 'null'),
        ('retention_logs_days', 'null'),
        ('retention_logs_mb', 'null');

      CREATE TABLE alerts (
        id uuid PRIMARY KEY,
        kind text NOT NULL,
        severity text NOT NULL CHECK (severity IN ('info', 'warning', 'critical')),
        server_id uuid REFERENCES servers ON DELETE CASCADE,
        title text NOT NULL,
        details jsonb NOT NULL DEFAULT '{}',
        opened_at timestamptz(3) NOT NULL DEFAULT now(),
        resolved_at timestamptz(3)
      );
      -- One open alert of a kind a server: what is noticed again is not a second alert.
      CREATE UNIQUE INDEX alerts_open ON alerts (kind, server_id) WHERE resolved_at IS NULL;

      CREATE TABLE audit_log (
        id uuid PRIMARY KEY,
        at timestamptz(3) NOT NULL DEFAULT now(),
        actor_id uuid,
        actor_name text NOT NULL,
        action text NOT NULL,
        target_type text NOT NULL,
        target_id uuid,
        target_name text NOT NULL,
        details jsonb NOT NULL DEFAULT '{}'
      );
      CREATE INDEX audit_log_at ON audit_log (at DESC, id DESC);
      CREATE INDEX audit_log_target ON audit_log (target_id, at DESC);
      CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$;
      CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
        FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    // The version before knows neither ssh servers nor viewers.
    await runner.query(`
      DROP TABLE audit_log;
      DROP FUNCTION refuse_audit_change;
      DROP TABLE alerts, setting_changes, generated_keys, server_shares;
      DELETE FROM system_settings WHERE key IN
        ('settings_version', 'retention_executions_days', 'retention_logs_days', 'retention_logs_mb');
      DROP INDEX executions_ended, jobs_server, executions_version, jobs_kept_logs;
      ALTER TABLE jobs DROP COLUMN log_removed_at;
      ALTER TABLE executions DROP COLUMN target_strategy, DROP COLUMN failover_servers;
      ALTER TABLE events DROP COLUMN target_strategy, DROP COLUMN server_tag, DROP COLUMN round_robin_turn;
      DELETE FROM event_servers USING servers WHERE servers.id = event_servers.server_id AND servers.type = 'ssh';
      DELETE FROM servers WHERE type = 'ssh';
      ALTER TABLE servers DROP CONSTRAINT servers_ssh_config, DROP CONSTRAINT servers_ssh_credentials,
        DROP COLUMN description, DROP COLUMN tags, DROP COLUMN ssh_config, DROP COLUMN ssh_credentials,
        DROP COLUMN ssh_public_key, DROP COLUMN host_key, DROP COLUMN offered_host_key;
      DROP INDEX servers_owner_created;
      UPDATE users SET role = 'USER', status = 'DISABLED' WHERE role = 'VIEWER';
      ALTER TABLE users DROP CONSTRAINT users_role_check,
        ADD CONSTRAINT users_role_check CHECK (role IN ('ADMIN', 'USER'));
    `);
  }
}

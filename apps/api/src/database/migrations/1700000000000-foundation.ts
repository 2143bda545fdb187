import type { MigrationInterface, QueryRunner } from 'typeorm';

import { localExecutionId } from '../../servers/local-execution';

/** Users, servers, events with their versions, executions, jobs and logs. */
export class Foundation1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE users (
        id uuid PRIMARY KEY,
        email text NOT NULL,
        name text NOT NULL,
        role text NOT NULL CHECK (role IN ('ADMIN', 'USER')),
        status text NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'DISABLED')),
        password_hash text NOT NULL,
        last_login_at timestamptz(3),
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );
      CREATE UNIQUE INDEX users_email ON users (lower(email));

      CREATE TABLE sessions (
        id uuid PRIMARY KEY,
        user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
        token_hash bytea NOT NULL UNIQUE,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3) NOT NULL
      );
      CREATE INDEX sessions_user ON sessions (user_id);
      CREATE INDEX sessions_expiry ON sessions (expires_at);

      CREATE TABLE servers (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        type text NOT NULL CHECK (type IN ('container', 'ssh')),
        is_system_managed boolean NOT NULL DEFAULT false,
        owner_id uuid REFERENCES users,
        container_config jsonb,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now(),
        CONSTRAINT servers_container_config CHECK ((type = 'container') = (container_config IS NOT NULL)),
        CONSTRAINT servers_owner CHECK (is_system_managed = (owner_id IS NULL))
      );

      CREATE TABLE events (
        id uuid PRIMARY KEY,
        owner_id uuid NOT NULL REFERENCES users,
        name text NOT NULL,
        description text NOT NULL DEFAULT '',
        type text NOT NULL CHECK (type IN ('BASH', 'PYTHON', 'NODEJS')),
        content text NOT NULL,
        schedule jsonb NOT NULL,
        timeout_seconds integer NOT NULL CHECK (timeout_seconds > 0),
        environment jsonb NOT NULL DEFAULT '[]',
        limits jsonb NOT NULL DEFAULT '{}',
        tags text[] NOT NULL DEFAULT '{}',
        version integer NOT NULL DEFAULT 1,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );
      CREATE INDEX events_owner ON events (owner_id, updated_at DESC, id DESC);
      CREATE INDEX events_updated ON events (updated_at DESC, id DESC);

      CREATE TABLE event_servers (
        event_id uuid NOT NULL REFERENCES events ON DELETE CASCADE,
        server_id uuid NOT NULL REFERENCES servers,
        position integer NOT NULL,
        PRIMARY KEY (event_id, server_id)
      );
      CREATE INDEX event_servers_server ON event_servers (server_id);

      -- What ran: an execution keeps the version it was started with, whatever is saved afterwards.
      CREATE TABLE event_versions (
        id uuid PRIMARY KEY,
        event_id uuid REFERENCES events ON DELETE SET NULL,
        version integer NOT NULL,
        type text NOT NULL,
        content text NOT NULL,
        timeout_seconds integer NOT NULL,
        environment jsonb NOT NULL,
        limits jsonb NOT NULL,
        created_by uuid REFERENCES users ON DELETE SET NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        UNIQUE (event_id, version)
      );

      CREATE TABLE executions (
        id uuid PRIMARY KEY,
        event_id uuid REFERENCES events ON DELETE SET NULL,
        event_version_id uuid NOT NULL REFERENCES event_versions,
        event_name text NOT NULL,
        event_type text NOT NULL,
        owner_id uuid NOT NULL REFERENCES users,
        state text NOT NULL,
        trigger text NOT NULL CHECK (trigger IN ('manual', 'api')),
        triggered_by uuid REFERENCES users ON DELETE SET NULL,
        input jsonb,
        idempotency_key text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        started_at timestamptz(3),
        ended_at timestamptz(3)
      );
      CREATE UNIQUE INDEX executions_idempotency ON executions (event_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
      CREATE INDEX executions_created ON executions (created_at DESC, id DESC);
      CREATE INDEX executions_owner ON executions (owner_id, created_at DESC, id DESC);
      CREATE INDEX executions_event ON executions (event_id, created_at DESC, id DESC);
      CREATE INDEX executions_state ON executions (state, created_at DESC, id DESC);

      CREATE TABLE jobs (
        id uuid PRIMARY KEY,
        execution_id uuid NOT NULL REFERENCES executions ON DELETE CASCADE,
        server_id uuid REFERENCES servers ON DELETE SET NULL,
        server_name text NOT NULL,
        server_type text NOT NULL,
        position integer NOT NULL,
        attempt integer NOT NULL DEFAULT 1,
        state text NOT NULL CHECK (state IN
          ('queued', 'starting', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled', 'lost', 'skipped')),
        queued_at timestamptz(3) NOT NULL DEFAULT now(),
        starting_at timestamptz(3),
        started_at timestamptz(3),
        script_ended_at timestamptz(3),
        ended_at timestamptz(3),
        cancel_requested_at timestamptz(3),
        exit_code integer,
        signal text,
        error jsonb,
        usage jsonb,
        output jsonb,
        handle jsonb,
        log_entries integer NOT NULL DEFAULT 0,
        log_bytes bigint NOT NULL DEFAULT 0,
        log_frame bigint NOT NULL DEFAULT 0
      );
      CREATE INDEX jobs_execution ON jobs (execution_id, position);
      CREATE INDEX jobs_active ON jobs (server_id, queued_at) WHERE state IN ('queued', 'starting', 'running');

      -- Bytes as the script wrote them; entries are cut at newlines when they are read.
      CREATE TABLE job_log_chunks (
        job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
        first_seq integer NOT NULL,
        last_seq integer NOT NULL,
        stream smallint NOT NULL,
        at timestamptz(3) NOT NULL,
        data bytea NOT NULL,
        PRIMARY KEY (job_id, first_seq)
      );
      ALTER TABLE job_log_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

      CREATE TABLE system_settings (
        key text PRIMARY KEY,
        value jsonb NOT NULL,
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );
    `);
    await runner.query(
      `INSERT INTO servers (id, name, type, is_system_managed, container_config)
       VALUES ($1, 'Local Execution', 'container', true, '{}')`,
      [localExecutionId],
    );
    await runner.query(`
      INSERT INTO system_settings (key, value) VALUES
        ('local_execution_access', '"all_users"'),
        ('installation_id', to_jsonb(gen_random_uuid()));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE system_settings, job_log_chunks, jobs, executions, event_versions, event_servers, events,
        servers, sessions, users;
    `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was done, or warned of, because of a limit; and machines that have too little left for more jobs. */
export class Enforcement1700001800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      INSERT INTO system_settings (key, value) VALUES ('host_min_free_memory_mb', '256'), ('host_min_free_disk_mb', '1024');
      ALTER TABLE server_health ADD COLUMN pressure jsonb;

      CREATE TABLE enforcement_actions (
        id uuid PRIMARY KEY,
        at timestamptz(3) NOT NULL DEFAULT now(),
        kind text NOT NULL CHECK (kind IN ('warned', 'ended', 'swept', 'admission_stopped', 'admission_resumed')),
        resource text NOT NULL CHECK (resource IN ('memory', 'disk', 'output', 'processes', 'time', 'sandboxes')),
        used bigint NOT NULL,
        bound bigint,
        server_id uuid REFERENCES servers (id) ON DELETE SET NULL,
        job_id uuid REFERENCES jobs (id) ON DELETE CASCADE
      );
      CREATE INDEX enforcement_actions_by_time ON enforcement_actions (at DESC, id DESC);
      CREATE INDEX enforcement_actions_of_server ON enforcement_actions (server_id, at DESC, id DESC) WHERE server_id IS NOT NULL;
      -- A job that is taken over is warned of once.
      CREATE UNIQUE INDEX enforcement_actions_of_job ON enforcement_actions (job_id, kind, resource) WHERE job_id IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE enforcement_actions;
      ALTER TABLE server_health DROP COLUMN pressure;
      DELETE FROM system_settings WHERE key IN ('host_min_free_memory_mb', 'host_min_free_disk_mb');
    `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which processes there are, and which of them has a job. */
export class Recovery1700000900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE processes (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        roles text[] NOT NULL,
        started_at timestamptz(3) NOT NULL DEFAULT now(),
        beat_at timestamptz(3) NOT NULL DEFAULT now()
      );
      ALTER TABLE jobs ADD COLUMN worker_id uuid;
      CREATE INDEX jobs_worker ON jobs (worker_id) WHERE worker_id IS NOT NULL AND ended_at IS NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX jobs_worker;
      ALTER TABLE jobs DROP COLUMN worker_id;
      DROP TABLE processes;
    `);
  }
}

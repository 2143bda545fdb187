import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What jobs used, second by second. Samples that were written together are one row: a row each would be most of the database. */
export class JobUsage1700001300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE job_usage (
        job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
        first_at timestamptz NOT NULL,
        milliseconds integer[] NOT NULL,
        cpu_percent real[] NOT NULL,
        memory_bytes bigint[] NOT NULL,
        disk_bytes bigint[] NOT NULL,
        PRIMARY KEY (job_id, first_at)
      )`);
    await runner.query(`COMMENT ON COLUMN job_usage.milliseconds IS 'After first_at, of each sample'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE job_usage');
  }
}

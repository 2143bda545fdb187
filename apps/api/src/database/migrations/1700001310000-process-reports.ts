import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What each process sees of its servers and jobs, while somebody looks. Unlogged: after a crash it is told anew within a second. */
export class ProcessReports1700001310000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE UNLOGGED TABLE process_reports (
        process_id uuid PRIMARY KEY,
        at timestamptz NOT NULL,
        report jsonb NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE process_reports');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

const tables = ['jobs', 'executions', 'execution_servers'];

/**
 * Each row of these is written several times in its first seconds and then never again: Postgres is to clear what that leaves behind after a
 * fiftieth of the table and not after a fifth, which with a million rows would come too late for those that read the newest ones.
 */
export class Vacuum1700001200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables)
      await runner.query(
        `ALTER TABLE ${table} SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02)`,
      );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables)
      await runner.query(
        `ALTER TABLE ${table} RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)`,
      );
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many sandboxes were ready and in use when a server was checked last, so that an alert need not wait for somebody to look. */
export class ServerPools1700002200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE server_health ADD COLUMN pool jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE server_health DROP COLUMN pool');
  }
}

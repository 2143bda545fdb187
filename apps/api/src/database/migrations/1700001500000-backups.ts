import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When the installation was backed up: who forgets it can be told. */
export class Backups1700001500000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE backups (
        id uuid PRIMARY KEY,
        -- What is in it was true then.
        at timestamptz(3) NOT NULL,
        file_name text NOT NULL,
        bytes bigint NOT NULL,
        rows bigint NOT NULL,
        took_ms bigint NOT NULL
      );
      CREATE INDEX backups_at ON backups (at DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE backups');
  }
}

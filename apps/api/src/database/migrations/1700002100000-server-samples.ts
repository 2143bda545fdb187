import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When each server's machine was asked last what it uses: of all processes one asks, once a minute. */
export class ServerSamples1700002100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE server_health ADD COLUMN sampled_at timestamptz');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE server_health DROP COLUMN sampled_at');
  }
}

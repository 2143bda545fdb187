import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Container servers on other machines: where their broker is, and what this installation shows it. */
export class ServerBrokers1700002300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE servers
        ADD COLUMN broker jsonb,
        ADD COLUMN broker_credentials text,
        ADD CONSTRAINT servers_broker CHECK (broker IS NULL OR (type = 'container' AND NOT is_system_managed)),
        ADD CONSTRAINT servers_broker_credentials CHECK ((broker IS NULL) = (broker_credentials IS NULL));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE servers DROP COLUMN broker, DROP COLUMN broker_credentials');
  }
}

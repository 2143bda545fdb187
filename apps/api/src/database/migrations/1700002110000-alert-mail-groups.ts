import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long an e-mail of an alert waits for others that go with it. */
export class AlertMailGroups1700002110000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`INSERT INTO system_settings (key, value) VALUES ('alert_mail_group_seconds', '30')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DELETE FROM system_settings WHERE key = 'alert_mail_group_seconds'`);
  }
}

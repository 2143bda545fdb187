import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When what killed runners have left was looked for last on each server, and how many workspaces were removed. */
export class Leftovers1700002120000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE server_health ADD COLUMN swept_at timestamptz;
      ALTER TABLE enforcement_actions
        DROP CONSTRAINT enforcement_actions_resource_check,
        ADD CONSTRAINT enforcement_actions_resource_check
          CHECK (resource IN ('memory', 'disk', 'output', 'processes', 'time', 'sandboxes', 'workspaces'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM enforcement_actions WHERE resource = 'workspaces' OR (kind = 'swept' AND resource = 'disk');
      ALTER TABLE enforcement_actions
        DROP CONSTRAINT enforcement_actions_resource_check,
        ADD CONSTRAINT enforcement_actions_resource_check
          CHECK (resource IN ('memory', 'disk', 'output', 'processes', 'time', 'sandboxes'));
      ALTER TABLE server_health DROP COLUMN swept_at;
    `);
  }
}

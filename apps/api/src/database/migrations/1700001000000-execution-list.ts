import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the list of executions needs to be quick among a million of them. */
export class ExecutionList1700001000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Rare states among the many executions of an owner or an event.
      CREATE INDEX executions_owner_state ON executions (owner_id, state, created_at DESC, id DESC);
      CREATE INDEX executions_event_state ON executions (event_id, state, created_at DESC, id DESC);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX executions_event_state, executions_owner_state;
    `);
  }
}

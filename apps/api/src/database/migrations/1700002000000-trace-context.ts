import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where an execution stands in a trace, as W3C Trace Context writes it: its jobs go on from there, in whatever process. */
export class TraceContext1700002000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE executions ADD COLUMN traceparent text, ADD COLUMN tracestate text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE executions DROP COLUMN traceparent, DROP COLUMN tracestate');
  }
}

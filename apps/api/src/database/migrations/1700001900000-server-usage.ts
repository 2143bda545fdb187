import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What ssh hosts use, once a minute while they are well. */
export class ServerUsage1700001900000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE server_usage (
        server_id uuid NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
        at timestamptz(3) NOT NULL,
        cpu_percent real NOT NULL,
        cores real NOT NULL,
        memory_used bigint NOT NULL,
        memory_limit bigint NOT NULL,
        disk_used bigint NOT NULL,
        disk_limit bigint NOT NULL,
        load real,
        uptime_seconds bigint,
        PRIMARY KEY (server_id, at)
      );
      CREATE INDEX server_usage_by_time ON server_usage (at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE server_usage');
  }
}

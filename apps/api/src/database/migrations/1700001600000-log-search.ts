import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the search over logs looks in (ADR 16). Made from the stored logs, by the indexer; nothing in it is new. */
export class LogSearch1700001600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Some lines of one job that follow each other, of both streams, written within ten seconds.
      CREATE TABLE log_search_blocks (
        job_id uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
        first_seq integer NOT NULL,
        last_seq integer NOT NULL,
        -- Where its text is: from this byte of this chunk on, so many bytes over this and the following ones.
        chunk_seq integer NOT NULL,
        skip integer NOT NULL,
        bytes integer NOT NULL,
        -- Of its last line.
        at timestamptz(3) NOT NULL,
        -- Each word once, without places, and whose it is, where it ran and when (log-search/facets.ts): so that one index answers for all.
        words tsvector NOT NULL,
        PRIMARY KEY (job_id, first_seq)
      );
      CREATE INDEX log_search_words ON log_search_blocks USING gin (words);
      -- It only grows, and is read by index alone: what autovacuum has to do is to sort what was added into the index.
      ALTER TABLE log_search_blocks SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.1);

      -- The logs of all jobs that ended until then are in it; of those that ended at the same time, until this one.
      CREATE TABLE log_search_progress (
        is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
        ended_at timestamptz(3) NOT NULL,
        job_id uuid NOT NULL
      );
      INSERT INTO log_search_progress (ended_at, job_id) VALUES ('-infinity', '00000000-0000-0000-0000-000000000000');
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE log_search_progress, log_search_blocks');
  }
}

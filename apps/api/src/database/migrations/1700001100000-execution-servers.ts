import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where each execution runs and its state in one table, so that an index has both: the list of a server's executions in a state. */
export class ExecutionServers1700001100000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- Copies: of what never changes, and of the state, which triggers keep. Not in jobs: each of its rows is written about five times,
      -- and with it an entry of each of its indexes.
      CREATE TABLE execution_servers (
        execution_id uuid NOT NULL,
        server_id uuid NOT NULL,
        owner_id uuid NOT NULL,
        -- Stays when the event is deleted.
        event_id uuid,
        state text NOT NULL,
        created_at timestamptz(3) NOT NULL
      );
      INSERT INTO execution_servers (execution_id, server_id, owner_id, event_id, state, created_at)
      SELECT DISTINCT execution.id, job.server_id, execution.owner_id, execution.event_id, execution.state, execution.created_at
        FROM jobs job JOIN executions execution ON execution.id = job.execution_id
       WHERE job.server_id IS NOT NULL;
      -- Now that the rows are there: checked one by one they take several times as long.
      ALTER TABLE execution_servers
        ADD PRIMARY KEY (execution_id, server_id),
        ADD FOREIGN KEY (execution_id) REFERENCES executions ON DELETE CASCADE,
        ADD FOREIGN KEY (server_id) REFERENCES servers ON DELETE CASCADE;
      CREATE INDEX execution_servers_state ON execution_servers (server_id, state, created_at DESC, execution_id DESC);
      CREATE INDEX execution_servers_owner ON execution_servers (server_id, owner_id, state, created_at DESC, execution_id DESC);
      CREATE INDEX execution_servers_event ON execution_servers (server_id, event_id, state, created_at DESC, execution_id DESC);
      ANALYZE execution_servers;

      -- A function keeps its plans: one that was made while a table was small must not read all of it when it has grown.
      -- The lock lets no state pass by between its copy and the commit.
      CREATE FUNCTION list_executions_of_jobs() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan TO off AS $$
        BEGIN
          INSERT INTO execution_servers (execution_id, server_id, owner_id, event_id, state, created_at)
          SELECT execution.id, job.server_id, execution.owner_id, execution.event_id, execution.state, execution.created_at
            FROM inserted job JOIN executions execution ON execution.id = job.execution_id
           WHERE job.server_id IS NOT NULL
             FOR SHARE OF execution
              ON CONFLICT DO NOTHING;
          RETURN NULL;
        END $$;
      CREATE TRIGGER jobs_list_executions AFTER INSERT ON jobs REFERENCING NEW TABLE AS inserted
        FOR EACH STATEMENT EXECUTE FUNCTION list_executions_of_jobs();
      CREATE FUNCTION list_execution_state() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan TO off AS $$
        BEGIN
          UPDATE execution_servers SET state = NEW.state WHERE execution_id = NEW.id;
          RETURN NULL;
        END $$;
      CREATE TRIGGER executions_list_state AFTER UPDATE OF state ON executions
        FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION list_execution_state();

      -- Every list is read by state now, those of all states one after the other.
      DROP INDEX executions_created, executions_owner;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE INDEX executions_owner ON executions (owner_id, created_at DESC, id DESC);
      CREATE INDEX executions_created ON executions (created_at DESC, id DESC);
      DROP TRIGGER executions_list_state ON executions;
      DROP TRIGGER jobs_list_executions ON jobs;
      DROP FUNCTION list_execution_state, list_executions_of_jobs;
      DROP TABLE execution_servers;
    `);
  }
}

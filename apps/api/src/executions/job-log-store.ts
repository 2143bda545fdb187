import type { LogStream } from '@cronium/contracts';
import { ScriptTakenOverError } from '@cronium/execution';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Notifications } from '../database/notifications';
import { Processes } from '../database/processes';

/** Contiguous output of one stream, as it is stored. */
export interface LogChunk {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly stream: LogStream;
  readonly at: Date;
  readonly data: Buffer;
}

const streams: readonly LogStream[] = ['stdout', 'stderr'];

/** The stored logs. A chunk holds many entries; its bytes are as the script wrote them. */
@Injectable()
export class JobLogStore {
  constructor(
    private readonly database: DataSource,
    private readonly notifications: Notifications,
    private readonly processes: Processes,
  ) {}

  /**
   * Stores chunks that follow the stored ones, and up to which of the runner's frames the log is now complete, in one statement. There may be
   * no chunk: of a frame that was the rest of a secret nothing is left. Repeated, when its answer was lost, it stores nothing twice.
   *
   * @throws ScriptTakenOverError when another process has the job
   */
  async append(
    job: { readonly id: string; readonly executionId: string },
    chunks: readonly LogChunk[],
    frame: number,
  ): Promise<void> {
    const [, changed] = await this.database.query<[unknown[], number]>(
      `WITH mine AS (
         SELECT 1 FROM jobs WHERE id = $1 AND worker_id = $11 AND log_frame < $10 FOR UPDATE),
       stored AS (
         INSERT INTO job_log_chunks (job_id, first_seq, last_seq, stream, at, data)
         SELECT $1, first_seq, last_seq, stream, at, substring($2::bytea FROM start FOR length)
           FROM unnest($3::int[], $4::int[], $5::smallint[], $6::timestamptz[], $7::int[], $8::int[])
                AS chunk(first_seq, last_seq, stream, at, start, length)
          WHERE EXISTS (SELECT 1 FROM mine))
       UPDATE jobs SET log_entries = greatest(log_entries, $9), log_bytes = log_bytes + octet_length($2), log_frame = $10
        WHERE id = $1 AND EXISTS (SELECT 1 FROM mine)`,
      [
        job.id,
        // One buffer for all of them goes over as it is; an array of buffers would go as text, at twice the size.
        Buffer.concat(chunks.map((chunk) => chunk.data)),
        chunks.map((chunk) => chunk.firstSeq),
        chunks.map((chunk) => chunk.lastSeq),
        chunks.map((chunk) => streams.indexOf(chunk.stream)),
        chunks.map((chunk) => chunk.at),
        startsOf(chunks),
        chunks.map((chunk) => chunk.data.length),
        chunks.at(-1)?.lastSeq ?? 0,
        frame,
        this.processes.id,
      ],
    );
    if (changed === 0) await this.requireStored(job.id, frame);
    await this.notifications.publish(this.database.manager, {
      kind: 'job.logged',
      jobId: job.id,
      executionId: job.executionId,
    });
  }

  private async requireStored(jobId: string, frame: number): Promise<void> {
    const stored = await this.database.query<unknown[]>(
      'SELECT 1 FROM jobs WHERE id = $1 AND worker_id = $2 AND log_frame >= $3',
      [jobId, this.processes.id, frame],
    );
    if (stored.length === 0) throw new ScriptTakenOverError();
  }

  /** Chunks that hold entries after `seq`, in order: at most `count`, and at most one more than `maxBytes` of them need. */
  async read(jobId: string, seq: number, count: number, maxBytes: number): Promise<LogChunk[]> {
    const rows = await this.database.query<ChunkRow[]>(
      `SELECT first_seq, last_seq, stream, at, data FROM (
         SELECT *, sum(octet_length(data)) OVER (ORDER BY first_seq) - octet_length(data) AS before
           FROM (SELECT * FROM job_log_chunks
                  WHERE job_id = $1 AND first_seq >= coalesce(
                    (SELECT max(first_seq) FROM job_log_chunks WHERE job_id = $1 AND first_seq <= $2 + 1), 0)
                  ORDER BY first_seq LIMIT $3) AS following) AS measured
        WHERE before < $4 AND last_seq > $2 ORDER BY first_seq`,
      [jobId, seq, count, maxBytes],
    );
    return rows.map((row) => ({
      firstSeq: row.first_seq,
      lastSeq: row.last_seq,
      stream: streams[row.stream] ?? 'stdout',
      at: row.at,
      data: row.data,
    }));
  }
}

/** Where each chunk begins when they are put together; the first byte is 1, as in SQL. */
function startsOf(chunks: readonly LogChunk[]): number[] {
  let start = 1;
  return chunks.map(({ data }) => {
    start += data.length;
    return start - data.length;
  });
}

interface ChunkRow {
  first_seq: number;
  last_seq: number;
  stream: number;
  at: Date;
  data: Buffer;
}

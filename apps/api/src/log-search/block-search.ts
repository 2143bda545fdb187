import type { JobState, LogSearchQuery, LogStream } from '@cronium/contracts';
import type { EntityManager } from 'typeorm';

import { linesOf } from './blocks';
import type { Line, StoredOutput } from './log-lines';
import type { TimeWindow } from './time-windows';

/** A place in the order of hits, which is by block: the newest first, and within it by line. */
export interface Place {
  readonly at: Date;
  readonly jobId: string;
  readonly firstSeq: number;
}

/** A block that may have a line that matches. */
export interface FoundBlock extends Place {
  readonly lastSeq: number;
  readonly chunkSeq: number;
  readonly skip: number;
  readonly bytes: number;
  /** Null when it is not to be shown to who asks. */
  readonly job: FoundJob | null;
}

export interface FoundJob {
  readonly executionId: string;
  readonly eventId: string | null;
  readonly eventName: string;
  readonly serverName: string;
  readonly state: JobState;
}

/** What a search looks through. */
export interface Sought {
  readonly tsQuery: string;
  readonly window: TimeWindow;
  /** Whose they are; undefined for everybody's. */
  readonly ownerId: string | undefined;
  readonly query: LogSearchQuery;
}

const streams: readonly LogStream[] = ['stdout', 'stderr'];

/** A search must not hold up others: it reads, each statement for so long at most, and by index alone. */
export async function prepareSearch(transaction: EntityManager, statementMs: number): Promise<void> {
  await transaction.query(
    `SELECT set_config('transaction_read_only', 'on', true), set_config('statement_timeout', $1, true),
            set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`,
    [String(statementMs)],
  );
}

/**
 * The newest blocks of a window that have the words, from a place on. The index narrows them to what is asked for and may be seen, as it was
 * when they were indexed; whether that is so, their rows say.
 *
 * @param from the first that may be among them; undefined for the window's newest
 */
export async function findBlocks(
  transaction: EntityManager,
  { tsQuery, window, ownerId, query }: Sought,
  from: Place | undefined,
  limit: number,
): Promise<FoundBlock[]> {
  const rows = await transaction.query<BlockRow[]>(
    `SELECT block.*, shown.*
       FROM (SELECT job_id AS "jobId", first_seq AS "firstSeq", last_seq AS "lastSeq", chunk_seq AS "chunkSeq", skip, bytes, at
               FROM log_search_blocks
              WHERE words @@ $1::tsquery AND at >= $2 AND at < $3
                AND ($4::timestamptz IS NULL OR (at, job_id, first_seq) <= ($4, $5::uuid, $6::int))
              ORDER BY at DESC, job_id DESC, first_seq DESC LIMIT $7) block
       LEFT JOIN LATERAL (
         SELECT job.execution_id AS "executionId", execution.event_id AS "eventId", execution.event_name AS "eventName",
                job.server_name AS "serverName", job.state
           FROM jobs job JOIN executions execution ON execution.id = job.execution_id
          WHERE job.id = block."jobId"
            AND ($8::uuid IS NULL OR execution.owner_id = $8) AND ($9::uuid IS NULL OR execution.event_id = $9)
            AND ($10::uuid IS NULL OR job.server_id = $10) AND ($11::text IS NULL OR job.state = $11)) shown ON true
      ORDER BY at DESC, "jobId" DESC, "firstSeq" DESC LIMIT $7`,
    [
      ...[tsQuery, window.from, window.to],
      ...(from ? [from.at, from.jobId, from.firstSeq] : [null, null, null]),
      ...[limit, ownerId ?? null, query.eventId ?? null, query.serverId ?? null, query.state ?? null],
    ],
  );
  return rows.map((row) => {
    const { executionId, eventId, eventName, serverName, state, ...block } = row;
    const job = executionId === null ? null : { executionId, eventId, eventName, serverName, state };
    return { ...block, job };
  });
}

/** The lines of blocks, in the order of the blocks. */
export async function readLines(
  transaction: EntityManager,
  blocks: readonly FoundBlock[],
): Promise<Line[][]> {
  const rows = await transaction.query<OutputRow[]>(
    `SELECT asked.n, greatest(chunk.first_seq, asked.first_seq) AS first_seq, chunk.stream, chunk.at,
            CASE WHEN chunk.first_seq = asked.chunk_seq THEN substring(chunk.data FROM asked.skip + 1 FOR asked.bytes)
                 ELSE substring(chunk.data FROM 1 FOR asked.bytes) END AS data
       FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[]) WITH ORDINALITY
            AS asked(job_id, first_seq, last_seq, chunk_seq, skip, bytes, n)
       JOIN job_log_chunks chunk
         ON chunk.job_id = asked.job_id AND chunk.first_seq BETWEEN asked.chunk_seq AND asked.last_seq
      ORDER BY asked.n, chunk.first_seq`,
    [
      blocks.map(({ jobId }) => jobId),
      blocks.map(({ firstSeq }) => firstSeq),
      blocks.map(({ lastSeq }) => lastSeq),
      blocks.map(({ chunkSeq }) => chunkSeq),
      blocks.map(({ skip }) => skip),
      blocks.map(({ bytes }) => bytes),
    ],
  );
  const output = blocks.map((): StoredOutput[] => []);
  for (const { n, first_seq: firstSeq, stream, at, data } of rows)
    output[Number(n) - 1]?.push({ firstSeq, stream: streams[stream] ?? 'stdout', at, data });
  return blocks.map(({ lastSeq }, index) => linesOf(output[index] ?? [], lastSeq));
}

interface OutputRow {
  n: string;
  first_seq: number;
  stream: number;
  at: Date;
  data: Buffer;
}

type BlockRow = Omit<FoundBlock, 'job'> & Omit<FoundJob, 'executionId'> & { executionId: string | null };

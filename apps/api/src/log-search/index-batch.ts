import { isActive, type JobState, type LogStream } from '@cronium/contracts';
import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';

import { type Block, blockMs, toBlocks } from './blocks';
import { facetsOf } from './facets';
import type { StoredOutput } from './log-lines';
import { indexedWordsOf } from './words';

/** What came of a batch. */
export interface IndexedBatch {
  readonly lines: number;
  /** Whether there may be more to index at once. */
  readonly isMore: boolean;
  /** Milliseconds until something can be indexed that cannot be yet; Infinity when there is none. */
  readonly laterMs: number;
}

export const nothing: IndexedBatch = { lines: 0, isMore: false, laterMs: Infinity };

/** Until an end is settled. */
const settledMs = 1000;
/** Logs that are read at once, in bytes. */
const batchBytes = 512 * 1024;
/** Blocks, after which whatever else this process does has its turn: some milliseconds of work. */
const blocksATurn = 4;
const jobsABatch = 200;
const chunksAJob = 2000;
const streams: readonly LogStream[] = ['stdout', 'stderr'];

/** Indexes the logs of the next jobs that have ended, within the transaction that has the lock of the progress. */
export async function indexEnded(transaction: EntityManager, progress: Progress): Promise<IndexedBatch> {
  const unsettled = await nextEnded(transaction, progress);
  const jobs = unsettled.slice(
    0,
    indexOrLength(unsettled, ({ isSettled }) => !isSettled),
  );
  const laterMs = jobs.length < unsettled.length ? settledMs : Infinity;
  if (jobs.length === 0) return { lines: 0, isMore: false, laterMs };
  const { lines, complete } = await indexJobs(transaction, jobs);
  const last = jobs[indexOrLength(jobs, ({ id }) => !complete.has(id)) - 1];
  if (last)
    await transaction.query('UPDATE log_search_progress SET ended_at = $1, job_id = $2', [
      last.endedAt,
      last.id,
    ]);
  return { lines, isMore: true, laterMs };
}

/** Indexes what jobs have written so far that have not ended, but for what is so young that more may follow soon. */
export async function indexRunning(transaction: EntityManager): Promise<IndexedBatch> {
  const jobs = await transaction.query<JobRow[]>(
    `SELECT job.id, job.owner_id AS "ownerId", job.event_id AS "eventId", job.server_id AS "serverId", job.state,
            job.log_entries AS "entries", done.seq AS after
       FROM jobs job
      CROSS JOIN LATERAL (SELECT coalesce(max(last_seq), 0) AS seq FROM log_search_blocks WHERE job_id = job.id) done
      WHERE job.state IN ('starting', 'running') AND job.log_entries > done.seq
      ORDER BY random() LIMIT ${jobsABatch}`,
  );
  if (jobs.length === 0) return nothing;
  const { lines } = await indexJobs(transaction, jobs);
  return { lines, isMore: lines > 0, laterMs: blockMs };
}

/** Up to which job that has ended everything is indexed. */
export interface Progress {
  readonly endedAt: string;
  readonly jobId: string;
}

/**
 * The progress, locked until the transaction's end; null when another process has it. The clean-up of logs takes the lock, too.
 *
 * @returns times as text, since the first one is `-infinity`
 */
export async function lockProgress(transaction: EntityManager): Promise<Progress | null> {
  const [progress] = await transaction.query<Progress[]>(
    `SELECT ended_at::text AS "endedAt", job_id AS "jobId" FROM log_search_progress FOR UPDATE SKIP LOCKED`,
  );
  return progress ?? null;
}

/**
 * In the order of their ends. A job's end bears the time at which its transaction began: only when all that began before are over is it settled
 * that no other comes in between. After ten minutes a transaction is a backup.
 */
async function nextEnded(transaction: EntityManager, { endedAt, jobId }: Progress): Promise<EndedRow[]> {
  return transaction.query<EndedRow[]>(
    `SELECT job.id, job.owner_id AS "ownerId", job.event_id AS "eventId", job.server_id AS "serverId", job.state,
            job.log_entries AS "entries", job.ended_at::text AS "endedAt", done.seq AS after, job.ended_at < settled.until AS "isSettled"
       FROM (SELECT *, sum(log_bytes) OVER (ORDER BY ended_at, id) - log_bytes AS before
               FROM (SELECT * FROM jobs
                      WHERE log_removed_at IS NULL AND log_bytes > 0 AND ended_at >= $1 AND (ended_at, id) > ($1, $2)
                      ORDER BY ended_at, id LIMIT ${jobsABatch}) following) job
      CROSS JOIN LATERAL (SELECT coalesce(max(last_seq), 0) AS seq FROM log_search_blocks WHERE job_id = job.id) done
      CROSS JOIN (SELECT least(clock_timestamp() - interval '1 s',
                               greatest(min(xact_start) - interval '1 ms', clock_timestamp() - interval '10 min')) AS until
                    FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend') settled
      WHERE job.before < ${batchBytes}
      ORDER BY job.ended_at, job.id`,
    [endedAt, jobId],
  );
}

async function indexJobs(
  transaction: EntityManager,
  jobs: readonly JobRow[],
): Promise<{ lines: number; complete: ReadonlySet<string> }> {
  const { chunks, isCut } = await readChunks(transaction, jobs);
  const complete = new Set<string>();
  const made: MadeBlock[] = [];
  const young = new Date(Date.now() - blockMs);
  const lastRead = chunks.at(-1)?.jobId;
  for (const job of jobs) {
    const mine = chunks.filter(({ jobId }) => jobId === job.id);
    const isRead = (mine.at(-1)?.lastSeq ?? 0) >= job.entries;
    const hasEnded = !isActive(job.state);
    const until = !hasEnded ? young : isRead ? null : new Date(0);
    let blocks = toBlocks(mine, job.after, until);
    // A line of very many pieces must not keep what follows from being read.
    if (blocks.length === 0 && hasEnded) blocks = toBlocks(mine, job.after, null);
    made.push(...blocks.map((block) => ({ job, block })));
    // What is missing of a log will not come any more.
    if (isRead || (mine.length === 0 && !isCut)) complete.add(job.id);
    if (isCut && job.id === lastRead) break;
  }
  await insertBlocks(transaction, made);
  return { lines: made.reduce((sum, { block }) => sum + block.lines.length, 0), complete };
}

interface MadeBlock {
  readonly job: JobRow;
  readonly block: Block;
}

/** What follows the indexed entries of each job; of the last one perhaps only a part. */
async function readChunks(
  transaction: EntityManager,
  jobs: readonly JobRow[],
): Promise<{ chunks: Chunk[]; isCut: boolean }> {
  const rows = await transaction.query<ChunkRow[]>(
    `SELECT job_id, first_seq, last_seq, stream, at, data FROM (
       SELECT asked.n, chunk.*, sum(octet_length(data)) OVER (ORDER BY asked.n, first_seq) - octet_length(data) AS before
         FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS asked(id, after, n)
        CROSS JOIN LATERAL (
          SELECT * FROM job_log_chunks
           WHERE job_id = asked.id AND last_seq > asked.after AND first_seq >= coalesce(
             (SELECT max(first_seq) FROM job_log_chunks WHERE job_id = asked.id AND first_seq <= asked.after + 1), 0)
           ORDER BY first_seq LIMIT ${chunksAJob}) chunk) measured
      WHERE before < ${batchBytes} ORDER BY n, first_seq`,
    [jobs.map(({ id }) => id), jobs.map(({ after }) => after)],
  );
  const chunks = rows.map((row): Chunk => ({
    jobId: row.job_id,
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    stream: streams[row.stream] ?? 'stdout',
    at: row.at,
    data: row.data,
  }));
  const bytes = chunks.reduce((sum, { data }) => sum + data.length, 0);
  return { chunks, isCut: bytes >= batchBytes };
}

async function insertBlocks(transaction: EntityManager, made: readonly MadeBlock[]): Promise<void> {
  if (made.length === 0) return;
  const words: string[] = [];
  for (const { job, block } of made) {
    words.push(wordsOfBlock(job, block).join('\n'));
    if (words.length % blocksATurn === 0) await setImmediate();
  }
  await transaction.query(
    `INSERT INTO log_search_blocks (job_id, first_seq, last_seq, chunk_seq, skip, bytes, at, words)
     SELECT job_id, first_seq, last_seq, chunk_seq, skip, bytes, at, array_to_tsvector(string_to_array(words, chr(10)))
       FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::int[], $6::int[], $7::timestamptz[], $8::text[])
            AS made(job_id, first_seq, last_seq, chunk_seq, skip, bytes, at, words)
         ON CONFLICT DO NOTHING`,
    [
      made.map(({ job }) => job.id),
      made.map(({ block }) => block.firstSeq),
      made.map(({ block }) => block.lastSeq),
      made.map(({ block }) => block.chunkSeq),
      made.map(({ block }) => block.skip),
      made.map(({ block }) => block.bytes),
      made.map(({ block }) => block.at),
      words,
    ],
  );
}

function wordsOfBlock(job: JobRow, { lines, streams: written, at }: Block): string[] {
  const words = indexedWordsOf(lines.map(({ text }) => text).join('\n'));
  return [...facetsOf({ ...job, streams: written, at }), ...words];
}

function indexOrLength<T>(items: readonly T[], isIt: (item: T) => boolean): number {
  const at = items.findIndex(isIt);
  return at === -1 ? items.length : at;
}

interface JobRow {
  id: string;
  ownerId: string;
  eventId: string | null;
  serverId: string | null;
  state: JobState;
  /** Of its log so far. */
  entries: number;
  /** Entries that are indexed. */
  after: number;
}

interface EndedRow extends JobRow {
  endedAt: string;
  isSettled: boolean;
}

interface Chunk extends StoredOutput {
  readonly jobId: string;
  readonly lastSeq: number;
}

interface ChunkRow {
  job_id: string;
  first_seq: number;
  last_seq: number;
  stream: number;
  at: Date;
  data: Buffer;
}

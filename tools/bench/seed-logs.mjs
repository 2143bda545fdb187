import { seedExecutions } from './seed-executions.mjs';

/** What most lines say, in words that are all frequent. */
const messages = [
  ...[
    'copied the file to the archive folder',
    'retrying the connection after a pause',
    'checkpoint complete: buffers written',
  ],
  ...[
    'accepted a connection on the public port',
    'starting the next step of the import',
    'skipped a row without a customer',
  ],
  ...[
    'cache miss, reading from the database',
    'queue length is within the limit',
    'finished batch, committing transaction',
  ],
  ...[
    'uploading part of the nightly backup',
    'heartbeat sent to the coordinator',
    'compiled the report for the region',
  ],
  ...['user signed in with a password', 'rotated the access log', 'refreshed the materialized view'],
];

/** Lines of a chunk, as a loud script's output is stored. */
const chunkLines = 1000;

/**
 * Fills a database with executions of the last year and their logs, in SQL. Of a hundred jobs one is loud and has most of the lines, nine have
 * some hundreds, the rest a few: so it is where people schedule scripts. A line is about 115 bytes: time, level, part, a message, some other
 * words; in every third line an id that occurs once, in every third an address; and seldom a word that a search is for.
 *
 * @param {import('pg').Client} client
 * @param {{ lines: number, ownerIds: string[] }} size whose they are: the first of the owners has one in ten, the last the rest
 * @returns {Promise<number>} how many lines there are
 */
export async function seedLogs(client, { lines, ownerIds }) {
  const executions = Math.max(1000, Math.ceil(lines / 250));
  await seedExecutions(client, { executions, events: 200, servers: 10, ownerIds });
  const few = { middle: 300, small: 20 };
  const loud = Math.max(1000, Math.round((lines / executions - 0.09 * few.middle - 0.9 * few.small) * 100));
  await client.query(
    `CREATE TEMPORARY TABLE loudness AS
       SELECT id AS job_id, queued_at AS at, row_number() OVER (ORDER BY queued_at) AS n,
              CASE WHEN row_number() OVER (ORDER BY queued_at) % 100 = 0 THEN ${loud}
                   WHEN row_number() OVER (ORDER BY queued_at) % 10 = 0 THEN ${few.middle} ELSE ${few.small} END AS lines
         FROM jobs WHERE ended_at IS NOT NULL;
     ANALYZE loudness;`,
  );
  await client.query(
    `WITH vocabulary AS MATERIALIZED (
       SELECT '{ta,re,mi,so,la,ber,con,dis,ex,for,gen,hal,in,jo,ker,lon,man,nor,op,per,qua,ros,ser,tor,un,ver,wit,xen,yor,zan}'::text[] AS syllables,
              $1::text[] AS messages)
     INSERT INTO job_log_chunks (job_id, first_seq, last_seq, stream, at, data)
     SELECT job_id, first_seq, least(first_seq + ${chunkLines - 1}, lines), CASE WHEN (first_seq / ${chunkLines}) % 20 = 19 THEN 1 ELSE 0 END, chunk_at,
            convert_to((
              SELECT string_agg(concat(
                       to_char(chunk_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.'), lpad((seq % 1000)::text, 3, '0'), 'Z ',
                       CASE WHEN random() < 0.02 THEN 'ERROR' WHEN random() < 0.05 THEN 'WARN' ELSE 'INFO' END,
                       ' [worker-', (seq % 8), '] ', vocabulary.messages[1 + (random() * ${messages.length - 1})::int], ' ', ${words(2)},
                       CASE WHEN random() < 0.33 THEN concat(' request=', substr(md5(random()::text), 1, 12)) END,
                       CASE WHEN random() < 0.33 THEN concat(' from 10.', (random() * 3)::int, '.', (random() * 255)::int, '.', (random() * 255)::int) END,
                       ' took ', (power(random(), 4) * 5000)::int, ' ms',
                       CASE WHEN random() < 0.0001 THEN ' deadlock detected in relation orders' END,
                       CASE WHEN random() < 0.000002 THEN ' needle ERR_DISK_FULL' END, chr(10)), '' ORDER BY seq)
                FROM generate_series(first_seq, least(first_seq + ${chunkLines - 1}, lines)) seq), 'UTF8')
       FROM (SELECT job_id, lines, first_seq, at + interval '1 s' * (first_seq / ${chunkLines}) AS chunk_at
               FROM loudness, generate_series(1, lines, ${chunkLines}) first_seq) chunk, vocabulary`,
    [messages],
  );
  await client.query(
    `UPDATE jobs SET log_entries = written.entries, log_bytes = written.bytes
       FROM (SELECT job_id, max(last_seq) AS entries, sum(octet_length(data)) AS bytes FROM job_log_chunks GROUP BY job_id) written
      WHERE id = job_id`,
  );
  await client.query('VACUUM ANALYZE jobs, job_log_chunks');
  const { rows } = await client.query('SELECT sum(log_entries)::int AS lines FROM jobs');
  return rows[0].lines;
}

/** Words of two syllables, of which few are frequent. */
function words(count) {
  const syllable = `vocabulary.syllables[1 + (power(random(), 3) * 29)::int]`;
  return Array.from({ length: count }, () => `${syllable}, ${syllable}`).join(`, ' ', `);
}

import { connect, until } from './database.mjs';
import { percentile } from './figures.mjs';
import { seedLogs } from './seed-logs.mjs';

const lines = Number(process.env.CRONIUM_BENCH_LINES ?? 10_000_000);
const rounds = 60;
const password = 'correct horse battery';

/**
 * The search over ten million lines of logs: each query as its request answers it, as an administrator and as a user who owns a tenth of the
 * executions. First the product's own indexer fills the index, as it does after an upgrade: how fast it is, and what the index takes.
 */
export async function bench(product) {
  const client = await connect(product.databaseUrl);
  const email = 'few@example.com';
  const few = await product.post('/users', { email, name: 'few', role: 'USER', password });
  const most = await product.post('/users', {
    email: 'most@example.com',
    name: 'most',
    role: 'USER',
    password,
  });
  let count = 0;
  const seeded = await seconds(async () => {
    count = await seedLogs(client, { lines, ownerIds: [few.id, most.id] });
  });
  console.log(`\nseeded ${count} lines in ${seeded.toFixed(0)} s`);
  await index(client, count);
  await sizes(client, count);

  const rows = await queries(product, client, 'ADMIN', few.id);
  await product.signIn(email, password);
  rows.push(...(await queries(product, client, 'USER with a tenth', few.id)));
  console.table(rows);
  await client.end();
}

async function index(client, count) {
  // As a job that ends does.
  await client.query(`SELECT pg_notify('cronium', '{"kind":"reconnected"}')`);
  const took = await seconds(() =>
    until(
      client,
      `SELECT NOT EXISTS (SELECT FROM jobs, log_search_progress progress
                           WHERE log_bytes > 0 AND (jobs.ended_at, id) > (progress.ended_at, progress.job_id))`,
      [],
      7200,
    ),
  );
  console.log(`indexed in ${took.toFixed(0)} s: ${Math.round(count / took)} lines/s`);
  const merged = await seconds(() => client.query('VACUUM ANALYZE log_search_blocks'));
  console.log(`vacuum in ${merged.toFixed(1)} s`);
}

async function sizes(client, count) {
  const { rows } = await client.query(
    `SELECT (SELECT sum(log_bytes) FROM jobs)::float8 AS logs, pg_total_relation_size('job_log_chunks')::float8 AS stored,
            pg_total_relation_size('log_search_blocks')::float8 AS search, pg_relation_size('log_search_words')::float8 AS words,
            (SELECT count(*) FROM log_search_blocks)::float8 AS blocks`,
  );
  const { logs, stored, search, words, blocks } = rows[0];
  const size = (bytes) =>
    `${(bytes / 2 ** 20).toFixed(0)} MiB, ${((bytes / logs) * 100).toFixed(0)} % of the logs`;
  console.table({
    logs: `${size(logs)}; ${(logs / count).toFixed(0)} bytes a line`,
    'logs as stored': size(stored),
    'search, in all': size(search),
    'its index of words alone': size(words),
    blocks: `${blocks}; ${(count / blocks).toFixed(0)} lines each`,
  });
}

async function queries(product, client, who, ownerId) {
  const one = async (sql) => (await client.query({ text: sql, rowMode: 'array' })).rows[0][0];
  const eventId = await one(`SELECT id FROM events WHERE owner_id = '${ownerId}' ORDER BY name LIMIT 1`);
  const serverId = await one(
    `SELECT server_id FROM jobs WHERE owner_id = '${ownerId}' AND log_bytes > 0 LIMIT 1`,
  );
  const line = await one(
    `SELECT convert_from(data, 'UTF8') FROM job_log_chunks chunk JOIN jobs job ON job.id = job_id
      WHERE owner_id = '${ownerId}' ORDER BY job.queued_at OFFSET 100 LIMIT 1`,
  );
  const id = /request=([0-9a-f]+)/.exec(line)[1];
  const day = (ago) => new Date(Date.now() - ago * 864e5).toISOString();
  const asked = {
    'an id, in one line': { q: id },
    'the beginning of an id': { q: `${id.slice(0, 6)}*` },
    'rare word': { q: 'needle' },
    'error code': { q: 'ERR_DISK_FULL' },
    'word in one of 10,000 lines': { q: 'deadlock' },
    'phrase in one of 10,000': { q: '"deadlock detected"' },
    'word in one of 50 lines': { q: 'error' },
    'word in every line': { q: 'request' },
    'word in no line': { q: 'nowhere' },
    'frequent and rare word': { q: 'request needle' },
    'frequent words that no line has together': { q: 'error warn' },
    'phrase of frequent words that is nowhere': { q: '"ms took"' },
    'frequent prefix': { q: 'req*' },
    'prefix of many words': { q: 'ta*' },
    address: { q: '10.2.17.33' },
    'frequent without': { q: 'error -took' },
    'frequent, stderr': { q: 'error', stream: 'stderr' },
    'frequent, one event': { q: 'error', eventId },
    'rare, one event': { q: 'needle', eventId },
    'frequent, one server': { q: 'error', serverId },
    'frequent, failed': { q: 'error', state: 'failed' },
    'frequent, state few have': { q: 'error', state: 'cancelled' },
    'frequent, state none has': { q: 'error', state: 'lost' },
    'frequent, one day half a year ago': { q: 'error', from: day(181), to: day(180) },
    'rare, the last 30 days': { q: 'needle', from: day(30) },
  };
  const figures = [];
  for (const [name, query] of Object.entries(asked)) {
    const route = `/logs/search?${new URLSearchParams(query)}`;
    const { items, searchedBackTo } = await product.get(route);
    const values = [];
    for (let n = 0; n < rounds; n += 1) values.push((await seconds(() => product.get(route))) * 1000);
    figures.push({
      '': `${who}: ${name}`,
      hits: items.length,
      'p50 ms': percentile(values, 0.5).toFixed(1),
      'p95 ms': percentile(values, 0.95).toFixed(1),
      'goes on from': items.length < 50 && searchedBackTo !== null ? searchedBackTo.slice(0, 10) : '',
    });
  }
  return figures;
}

async function seconds(act) {
  const begin = performance.now();
  await act();
  return (performance.now() - begin) / 1000;
}

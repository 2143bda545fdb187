import { connect } from './database.mjs';
import { percentile } from './figures.mjs';
import { seedExecutions } from './seed-executions.mjs';

const executions = Number(process.env.CRONIUM_BENCH_EXECUTIONS ?? 1_000_000);
const rounds = 60;
const password = 'correct horse battery';

/**
 * The home page with a million executions: each of its queries as its request answers it, as the user who has most of them and as an
 * administrator who looks at everybody's, for the usual period and the longest. What it costs to count the executions is measured first.
 * The seed spreads them over a year; with them all in the longest period the counts have no more rows, and the queries cost the same.
 */
export async function bench(product) {
  const client = await connect(product.databaseUrl);
  const email = 'most@example.com';
  const few = await product.post('/users', { email: 'few@example.com', name: 'few', role: 'USER', password });
  const most = await product.post('/users', { email, name: 'most', role: 'USER', password });
  const seeded = await seconds(() =>
    seedExecutions(client, { executions, events: 1000, servers: 20, ownerIds: [few.id, most.id] }),
  );
  console.log(`\nseeded ${executions} executions in ${seeded.toFixed(0)} s`);
  await countAnew(client);

  const rows = await queries(product, 'ADMIN, everyone’s', { scope: 'all' });
  await product.signIn(email, password);
  rows.push(...(await queries(product, 'USER with most', {})));
  console.table(rows);
  await client.end();
}

/** As the migration does on a database with so many, and as the scheduler does every 20 seconds. */
async function countAnew(client) {
  await client.query(
    `TRUNCATE execution_quarters, execution_hours; UPDATE execution_rollup SET until = now() - interval '190 days'`,
  );
  const all = await seconds(() => client.query('SELECT roll_up_executions()'));
  await client.query('VACUUM ANALYZE execution_quarters, execution_hours');
  const { rows } = await client.query(
    `SELECT (SELECT count(*) FROM execution_quarters) AS quarters, (SELECT count(*) FROM execution_hours) AS hours,
            pg_size_pretty(pg_total_relation_size('execution_quarters') + pg_total_relation_size('execution_hours')) AS size`,
  );
  console.log(`counted the last 190 days in ${all.toFixed(1)} s:`, rows[0]);
  // What a busy half minute leaves to count.
  await client.query(
    `UPDATE executions SET ended_at = now() WHERE id IN (SELECT id FROM executions WHERE state = 'succeeded' LIMIT 5000);
     SELECT pg_sleep(1.1)`,
  );
  const some = await seconds(() => client.query('SELECT roll_up_executions()'));
  console.log(`counted 5,000 more in ${(some * 1000).toFixed(0)} ms`);
}

async function queries(product, who, scope) {
  const figures = [];
  const asked = [['summary', {}]];
  for (const days of [14, 90])
    for (const part of ['failures', 'heatmap', 'trend'])
      asked.push([part, { days, timezone: 'Europe/Berlin' }]);
  for (const [part, query] of asked) {
    const route = `/dashboard/${part}?${new URLSearchParams({ ...scope, ...query })}`;
    const values = [];
    for (let n = 0; n < rounds; n += 1) values.push((await seconds(() => product.get(route))) * 1000);
    figures.push({
      '': `${who}: ${part}${query.days ? `, ${query.days} days` : ''}`,
      'p50 ms': percentile(values, 0.5).toFixed(1),
      'p95 ms': percentile(values, 0.95).toFixed(1),
    });
  }
  return figures;
}

async function seconds(act) {
  const begin = performance.now();
  await act();
  return (performance.now() - begin) / 1000;
}

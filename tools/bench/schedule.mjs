import { setTimeout as delay } from 'node:timers/promises';

import { connect, until } from './database.mjs';
import { percentile } from './figures.mjs';
import { seedEvents } from './seed-executions.mjs';

const atOnce = 1000;
/** Events that are due one after the other, each alone: fewer could not tell a p99 from the latest. */
const single = 200;
const idleSeconds = 120;
const schedule = { kind: 'cron', expression: '0 3 * * *', timezone: 'Europe/Berlin' };

/**
 * How late planned runs start, on a fake executor: each alone with 10,000 and with 100,000 events in the table, and 1,000 in one second; and
 * what a process with all roles costs that has nothing to do. Beside it how late a timer of this machine is.
 */
export async function bench(product) {
  const client = await connect(product.databaseUrl);
  await product.configure({ maxConcurrentJobs: 64 });
  const ownerId = (await client.query('SELECT id FROM users')).rows[0].id;
  const add = (count, what) =>
    seedEvents(client, { count, ownerOf: `SELECT '${ownerId}'::uuid`, schedule, ...what });
  await client.query('UPDATE servers SET max_queued_jobs = 100000');
  await add(10_000, { name: `'Far ' || n`, nextRunAt: `now() + interval '30 days' + n * interval '1 s'` });
  await client.query('VACUUM ANALYZE');
  // Before the first runs: a backend counts transactions that touched no table only with its next one that does.
  const idle = await idleCost(product, client);
  // The first runs load and compile what later ones need.
  await lateness(client, add, 'Warm', 10);
  const rows = [{ '': 'baseline: a timer of this machine', ...figures(await timers()) }];
  rows.push({ '': 'alone, 10,000 events', ...figures(await lateness(client, add, 'First', single)) });
  await add(90_000, { name: `'Far ' || n`, nextRunAt: `now() + interval '60 days' + n * interval '1 s'` });
  await client.query('VACUUM ANALYZE');
  rows.push({ '': 'alone, 100,000 events', ...figures(await lateness(client, add, 'Second', single)) });
  const crowd = await allAtOnce(client, add);
  rows.push({ '': `${atOnce} at once, 100,000 events`, ...figures(crowd.late) });
  console.log('\nfrom the planned time to the start of the script, in ms');
  console.table(rows);
  console.log(
    `${crowd.late.length} of ${atOnce} that were due in one second were started, ${crowd.doubled} twice; the last record of a start after ${percentile(crowd.late, 1).toFixed(0)} ms`,
  );
  console.log(`\na process with all roles, ${idleSeconds} s with nothing to do and 10,000 events`);
  console.table([idle]);
  await client.end();
}

/** Runs that are due every 250 ms, started where nothing else is to do. */
async function lateness(client, add, name, count) {
  await add(count, { name: `'${name} ' || n`, nextRunAt: `now() + interval '2 s' + n * interval '250 ms'` });
  await tell(client);
  await until(
    client,
    `SELECT count(*) = $1 FROM executions WHERE event_name LIKE $2 AND ended_at IS NOT NULL`,
    [count, `${name} %`],
  );
  return lateOnes(client, name);
}

async function allAtOnce(client, add) {
  await add(atOnce, {
    name: `'Crowd ' || n`,
    nextRunAt: `date_trunc('second', now()) + interval '10 s' + n * interval '1 ms' - interval '1 ms'`,
  });
  await tell(client);
  await until(
    client,
    `SELECT count(*) >= $1 FROM executions WHERE event_name LIKE 'Crowd %' AND ended_at IS NOT NULL`,
    [atOnce],
  );
  const { rows } = await client.query(
    `SELECT count(*)::int AS doubled FROM (
       SELECT event_id FROM executions WHERE event_name LIKE 'Crowd %' GROUP BY event_id HAVING count(*) > 1) twice`,
  );
  return { late: await lateOnes(client, 'Crowd'), doubled: rows[0].doubled };
}

async function lateOnes(client, name) {
  const { rows } = await client.query(
    `SELECT extract(epoch FROM started_at - planned_at)::float8 * 1000 AS late FROM executions
      WHERE event_name LIKE $1 AND state = 'succeeded'`,
    [`${name} %`],
  );
  return rows.map(({ late }) => late);
}

/** The seeding bypasses the API, which would tell the scheduler. */
const tell = (client) => client.query(`SELECT pg_notify('cronium', '{"kind":"schedule.changed"}')`);

async function timers() {
  const late = [];
  for (let count = 0; count < single; count += 1) {
    const begin = performance.now();
    await delay(50);
    late.push(performance.now() - begin - 50);
  }
  return late;
}

async function idleCost(product, client) {
  // Counts of transactions are the whole database's: what Postgres does by itself would be counted, too.
  await setAutovacuum(client, 'off');
  // What was done just now has its own clean-up, and Postgres tells of statements about a second late.
  await delay(20_000);
  const before = { commits: await commits(client), cpu: product.cpuSeconds(), at: performance.now() };
  await delay(idleSeconds * 1000);
  const after = { commits: await commits(client), cpu: product.cpuSeconds(), at: performance.now() };
  await setAutovacuum(client, 'on');
  const seconds = (after.at - before.at) / 1000;
  return {
    'transactions/s, autovacuum off': ((after.commits - before.commits) / seconds).toFixed(2),
    'CPU %': ((100 * (after.cpu - before.cpu)) / seconds).toFixed(2),
    'MiB resident at most': product.peakMemoryMb().toFixed(0),
  };
}

async function setAutovacuum(client, state) {
  await client.query(`ALTER SYSTEM SET autovacuum = ${state}`);
  await client.query('SELECT pg_reload_conf()');
}

async function commits(client) {
  const { rows } = await client.query(
    `SELECT (xact_commit + xact_rollback)::int AS commits FROM pg_stat_database WHERE datname = current_database()`,
  );
  return rows[0].commits;
}

function figures(values) {
  const at = (share) => percentile(values, share).toFixed(1);
  return { runs: values.length, 'p50 ms': at(0.5), 'p99 ms': at(0.99), 'most ms': at(1) };
}

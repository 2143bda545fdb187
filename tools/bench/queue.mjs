import { PgBoss } from 'pg-boss';

import { connect, until } from './database.mjs';

const jobs = 3000;
const rounds = 3;
/** Requests under way at one time. */
const requests = 32;
/** Jobs that the server, and a worker, runs at one time. */
const places = 64;

/**
 * Jobs a second from the trigger to the record of the end, on a fake executor: what is measured is the control plane. Triggered by requests,
 * and as a queue that is there at once; with one process, and with a second one that only works. Beside it pg-boss alone on the same Postgres.
 */
export async function bench(product, startSecond) {
  const client = await connect(product.databaseUrl);
  await product.configure({ maxConcurrentJobs: places });
  await client.query('UPDATE servers SET max_queued_jobs = 100000');
  const eventId = await product.createEvent({ name: 'no-op', content: 'true' });
  const rates = { boss: [], requests1: [], queue1: [], requests2: [], queue2: [] };
  // The first jobs load and compile what later ones need.
  await triggered(product, client, eventId, 200);
  for (let round = 0; round < rounds; round += 1) rates.boss.push(await bossAlone(product.databaseUrl));
  for (let round = 0; round < rounds; round += 1) {
    rates.requests1.push(await triggered(product, client, eventId, jobs));
    rates.queue1.push(await queued(client, eventId, jobs));
  }
  const alone = product.peakMemoryMb();
  const second = await startSecond({ CRONIUM_ROLES: 'worker,api' });
  try {
    for (let round = 0; round < rounds; round += 1) {
      rates.requests2.push(await triggered(product, client, eventId, jobs));
      rates.queue2.push(await queued(client, eventId, jobs));
    }
    await prove(client);
    console.log(`\n${jobs} no-op jobs a round, ${rounds} rounds; jobs/s: median (each)`);
    const names = {
      boss: 'pg-boss alone: send, fetch, complete',
      requests1: `1 process, triggered by ${requests} requests at a time`,
      queue1: '1 process, queued at once',
      requests2: `2 processes, triggered by ${requests} requests at a time`,
      queue2: '2 processes, queued at once',
    };
    console.table(Object.entries(names).map(([key, name]) => row(name, rates[key], rates.boss)));
    console.log(
      `peak memory: ${alone.toFixed(0)} MiB with one process, then ${product.peakMemoryMb().toFixed(0)} and ${second.peakMemoryMb().toFixed(0)} MiB`,
    );
  } finally {
    await second.stop();
    await client.end();
  }
}

function row(name, values, baseline) {
  const [mine, theirs] = [median(values), median(baseline)];
  const each = values.map((value) => value.toFixed(0)).join(', ');
  return { '': name, 'jobs/s': `${mine.toFixed(0)} (${each})`, ratio: (mine / theirs).toFixed(2) };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** From the first request to the last end on record. */
async function triggered(product, client, eventId, count) {
  let left = count;
  const begin = performance.now();
  const trigger = async () => {
    while (left-- > 0) await product.post(`/events/${eventId}/run`, {});
  };
  await Promise.all(Array.from({ length: requests }, trigger));
  await until(client, allEnded);
  return count / ((performance.now() - begin) / 1000);
}

/** The same from a queue that is there at once, as a schedule or a batch makes it. */
async function queued(client, eventId, count) {
  const begin = performance.now();
  await client.query(
    `WITH started AS (
       INSERT INTO executions (id, event_id, event_version_id, event_name, event_type, owner_id, state, trigger)
       SELECT gen_random_uuid(), event.id, version.id, event.name, event.type, event.owner_id, 'queued', 'api'
         FROM events event JOIN event_versions version ON version.event_id = event.id, generate_series(1, $2)
        WHERE event.id = $1 RETURNING id, owner_id, event_id)
     INSERT INTO jobs (id, execution_id, owner_id, event_id, server_id, server_name, server_type, position, state)
     SELECT gen_random_uuid(), started.id, started.owner_id, started.event_id, server.id, server.name, server.type, 0, 'queued'
       FROM started, servers server`,
    [eventId, count],
  );
  await client.query(`SELECT pg_notify('cronium', '{"kind":"job.queued"}')`);
  await until(client, allEnded);
  return count / ((performance.now() - begin) / 1000);
}

const allEnded = 'SELECT NOT EXISTS (SELECT 1 FROM jobs WHERE ended_at IS NULL)';

/** A figure counts only if every job ran once and succeeded. */
async function prove(client) {
  const { rows } = await client.query(
    `SELECT count(*)::int AS all, count(*) FILTER (WHERE job.state = 'succeeded' AND execution.state = 'succeeded')::int AS good
       FROM executions execution LEFT JOIN jobs job ON job.execution_id = execution.id`,
  );
  console.log(`\n${rows[0].good} of ${rows[0].all} executions succeeded, with one job each`);
}

/** As the product uses it: messages sent one by one, fetched as many as there is room for, and completed one by one. */
async function bossAlone(connectionString) {
  const boss = new PgBoss({ connectionString, schema: 'bench_boss', max: 10, schedule: false });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue('bench');
  let left = jobs;
  let done = 0;
  const begin = performance.now();
  const send = async () => {
    while (left-- > 0) await boss.send('bench', {});
  };
  const take = async () => {
    while (done < jobs) {
      const messages = await boss.fetch('bench', { batchSize: places });
      await Promise.all(messages.map(({ id }) => boss.complete('bench', id)));
      done += messages.length;
    }
  };
  await Promise.all([...Array.from({ length: requests }, send), take()]);
  const rate = jobs / ((performance.now() - begin) / 1000);
  await boss.stop({ graceful: false });
  return rate;
}

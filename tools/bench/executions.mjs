import { connect } from './database.mjs';
import { percentile } from './figures.mjs';
import { seedExecutions } from './seed-executions.mjs';

const executions = Number(process.env.CRONIUM_BENCH_EXECUTIONS ?? 1_000_000);
const rounds = 60;
const password = 'correct horse battery';

/**
 * The list of executions with a million of them: each query as its request answers it, the first page and one from the middle, as an
 * administrator and as users, beside one execution read by its id and, without the API, one row by its primary key.
 */
export async function bench(product) {
  const client = await connect(product.databaseUrl);
  const users = [];
  for (const name of ['few', 'none', 'most']) {
    const email = `${name}@example.com`;
    users.push({ email, ...(await product.post('/users', { email, name, role: 'USER', password })) });
  }
  const begin = performance.now();
  await seedExecutions(client, {
    executions,
    events: 1000,
    servers: 20,
    ownerIds: users.filter(({ name }) => name !== 'none').map(({ id }) => id),
  });
  console.log(`\nseeded ${executions} executions in ${((performance.now() - begin) / 1000).toFixed(0)} s`);
  const rows = [await byKey(client), await byId(product, client)];
  rows.push(...(await lists(product, client, 'ADMIN', null)));
  for (const { email, name, id } of users) {
    await product.signIn(email, password);
    rows.push(...(await lists(product, client, `USER with ${name}`, id)));
  }
  console.table(rows);
  await client.end();
}

async function lists(product, client, who, ownerId) {
  const one = async (sql) => (await client.query({ text: sql, rowMode: 'array' })).rows[0][0];
  const mine = ownerId === null ? 'owner_id IS NOT NULL' : `owner_id = '${ownerId}'`;
  const has = await one(`SELECT EXISTS (SELECT FROM executions WHERE ${mine})`);
  // Who has none asks for what others have.
  const theirs = has ? mine : 'true';
  const eventId = await one(`SELECT id FROM events WHERE ${theirs} ORDER BY name LIMIT 1`);
  const serverId = await one(
    `SELECT server_id FROM jobs WHERE ${theirs} AND server_name <> 'Local Execution' ORDER BY queued_at DESC OFFSET 50 LIMIT 1`,
  );
  const runsThere = await one(
    `SELECT event_id FROM jobs WHERE ${theirs} AND server_id = '${serverId}' LIMIT 1`,
  );
  const rareId = await one(`SELECT id FROM servers WHERE name = 'Server 1'`);
  const othersEventId = await one(`SELECT id FROM events ORDER BY ${mine}, name LIMIT 1`);
  const middle = await one(
    `SELECT created_at FROM executions WHERE ${theirs} ORDER BY created_at DESC OFFSET ${has && ownerId !== null ? executions / 20 : executions / 2} LIMIT 1`,
  );
  const [since, until] = [new Date(middle - 864e5).toISOString(), middle.toISOString()];
  // As the server makes it: where in the list the next page begins.
  const cursor = Buffer.from(JSON.stringify([until, '00000000-0000-7000-8000-000000000000'])).toString(
    'base64url',
  );
  const queries = {
    'first page': {},
    'from the middle': { cursor },
    'one event': { eventId },
    'one event, from the middle': { eventId, cursor },
    'state failed': { state: 'failed' },
    'state failed, from the middle': { state: 'failed', cursor },
    'state running': { state: 'running' },
    'state skipped': { state: 'skipped' },
    'state no execution has': { state: 'partial' },
    'one server': { serverId },
    'one server, from the middle': { serverId, cursor },
    'another server': { serverId: rareId },
    'one server and failed': { serverId, state: 'failed' },
    'one server and failed, from the middle': { serverId, state: 'failed', cursor },
    'one server and cancelled': { serverId, state: 'cancelled' },
    'one server and cancelled, from the middle': { serverId, state: 'cancelled', cursor },
    'one server, state no execution has': { serverId, state: 'partial' },
    'one server and an event of it': { serverId, eventId: runsThere },
    'one server and an event of it, failed': { serverId, eventId: runsThere, state: 'failed' },
    'another server and that event': { serverId: rareId, eventId: runsThere },
    'an event, of somebody else for a user': { eventId: othersEventId },
    'one day': { since, until },
    'one event of one day, failed': { eventId, since, until, state: 'failed' },
    'one server of one day': { serverId, since, until },
    'one server of one day, failed': { serverId, since, until, state: 'failed' },
    'until today, from the middle': { until: new Date().toISOString(), cursor },
    'one server until today, from the middle': { serverId, until: new Date().toISOString(), cursor },
  };
  const figures = [];
  for (const [name, query] of Object.entries(queries)) {
    const route = `/executions?${new URLSearchParams(query)}`;
    const count = (await product.get(route)).items.length;
    figures.push(row(`${who}: ${name}`, await times(rounds, () => product.get(route)), count));
  }
  return figures;
}

async function byId(product, client) {
  const { rows } = await client.query('SELECT id FROM executions TABLESAMPLE SYSTEM (0.1) LIMIT $1', [
    rounds,
  ]);
  const ids = rows.map(({ id }) => id);
  return row(
    'baseline: one execution by its id',
    await times(ids.length, (n) => product.get(`/executions/${ids[n]}`)),
    1,
  );
}

async function byKey(client) {
  const { rows } = await client.query('SELECT id FROM executions TABLESAMPLE SYSTEM (0.1) LIMIT $1', [
    rounds,
  ]);
  const read = (n) => client.query('SELECT * FROM executions WHERE id = $1', [rows[n].id]);
  return row('baseline: one row by its key, in SQL', await times(rows.length, read), 1);
}

async function times(count, act) {
  const values = [];
  for (let n = 0; n < count; n += 1) {
    const begin = performance.now();
    await act(n);
    values.push(performance.now() - begin);
  }
  return values;
}

const row = (name, values, count) => ({
  '': name,
  rows: count,
  'p50 ms': percentile(values, 0.5).toFixed(1),
  'p95 ms': percentile(values, 0.95).toFixed(1),
});

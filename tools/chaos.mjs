// `npm run chaos`: a stream of jobs on two replicas while processes, Postgres and dockerd are killed at random; then every execution is checked.
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { SshdFarm } from './bench/sshd.mjs';
import { ensureApps } from './build-apps.mjs';
import { Client } from './chaos/client.mjs';
import { ChaosEngine } from './chaos/engine.mjs';
import { faultsFor } from './chaos/faults.mjs';
import { ChaosPostgres } from './chaos/postgres.mjs';
import { Random } from './chaos/random.mjs';
import { Replica } from './chaos/replica.mjs';
import { judge } from './chaos/verdict.mjs';
import { Workload } from './chaos/workload.mjs';
import { ensureExecutorImage } from './image/build.mjs';
import { fromRoot } from './lib/paths.mjs';
import { secondsSince, step } from './lib/progress.mjs';
import { ensureDocker, stopDocker } from './machine/docker.mjs';
import { ensureDependencies, findNode24, nodeEnvironment } from './machine/node.mjs';
import { ensureSshd } from './machine/sshd.mjs';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomBytes(3).readUIntBE(0, 3)) },
    seconds: { type: 'string', default: '300' },
    replicas: { type: 'string', default: '2' },
    outage: { type: 'string', default: '60' },
  },
});
const [seed, seconds, count, longestOutageSeconds] = [
  ...[Number(values.seed), Number(values.seconds), Number(values.replicas), Number(values.outage)],
];
/** While any is left, something must happen as often, in milliseconds. */
const settleMilliseconds = 120_000;

const begin = performance.now();
const say = (/** @type {string} */ line) => console.log(`${secondsSince(begin).padStart(8)}  ${line}`);
const folder = mkdtempSync(path.join(tmpdir(), 'cronium-chaos-'));
chmodSync(folder, 0o755);
/** @type {(() => Promise<void>)[]} */
const endings = [];
let startedDocker;
let isSound = false;
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void finish().then(() => process.exit(1)));
try {
  isSound = await chaos();
} finally {
  await finish();
}
process.exitCode = isSound ? 0 : 1;

async function finish() {
  for (const end of endings.splice(0).reverse()) await end().catch((error) => console.error(error));
  if (startedDocker !== undefined) await stopDocker(startedDocker);
  if (isSound) rmSync(folder, { recursive: true, force: true });
  else console.log(`The logs of the processes are in ${folder}.`);
}

async function chaos() {
  await step('npm dependencies', (log) => ensureDependencies({ log }));
  const node24 = findNode24();
  startedDocker = await step('Docker engine', (log) =>
    ensureDocker({ log, logFile: fromRoot('tmp/dockerd.log') }),
  );
  await step('executor image', (log) => ensureExecutorImage({ log }));
  await step('sshd', (log) => ensureSshd({ log }));
  await step('apps', (log) => ensureApps({ log, node24, env: nodeEnvironment(node24) }));

  const parts = await step(`Postgres, dockerd, sshd and ${count} replicas of their own`, () => start(node24));
  const { replicas, postgres, random, client, farm } = parts;
  const workload = new Workload(client, random, folder);
  await workload.prepare(await addHost(client, farm));
  say(`Seed ${seed}, ${seconds} s. Repeat with: npm run chaos -- --seed ${seed} --seconds ${seconds}`);

  const stream = workload.run();
  const happened = await doHarm(parts);
  workload.stop();
  await stream;
  await step('all executions have ended', () => settled(client));
  const { figures, faults } = await judge({
    defects: client.defects,
    ...{ url: postgres.url, workload },
    mayFail: happened.includes('kill -9 of dockerd'),
  });
  console.table({ ...figures, faults: happened.length });
  faults.forEach((fault) => say(`✗ ${fault}`));
  if (faults.length === 0)
    say('✓ One end each, no job run twice, no line lost or doubled, no run forgotten.');
  for (const replica of replicas) await replica.end('SIGTERM');
  return faults.length === 0;
}

async function start(/** @type {string} */ node24) {
  const random = new Random(seed);
  const postgres = new ChaosPostgres(path.join(folder, 'postgres'));
  endings.push(() => postgres.stop('immediate'));
  await postgres.create();
  const engine = new ChaosEngine(path.join(folder, 'docker'));
  endings.push(() => engine.remove());
  await engine.create();
  const farm = await SshdFarm.start(1);
  endings.push(() => farm.stop());
  const password = randomBytes(12).toString('hex');
  const env = {
    ...{ PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '' },
    ...{
      DATABASE_URL: postgres.url,
      DOCKER_HOST: engine.host,
      ENCRYPTION_KEY: randomBytes(32).toString('hex'),
    },
    ...{ CRONIUM_ADMIN_PASSWORD: password, CRONIUM_LOG_LEVEL: 'info' },
  };
  const replicas = Array.from(
    { length: count },
    (_, index) => new Replica({ name: `replica-${index + 1}`, folder, node24, env }),
  );
  for (const replica of replicas) {
    endings.push(() => replica.end('SIGKILL'));
    await replica.start();
    await replica.isReady();
  }
  const client = new Client(replicas, password);
  return { replicas, postgres, engine, random, client, farm, longestOutageSeconds };
}

async function addHost(/** @type {Client} */ client, /** @type {SshdFarm} */ farm) {
  const target = { host: '127.0.0.1', port: farm.ports[0], jumpServerId: null };
  const hostKey = await client.send('POST', '/servers/host-key', target);
  const { id } = await client.send('POST', '/servers', {
    ...{ type: 'ssh', name: 'host', ...target, username: farm.user, hostKey },
    credentials: { kind: 'private_key', privateKey: farm.privateKey },
  });
  return id;
}

/** One fault after the other, with a pause between them, until the time is over. */
async function doHarm(parts) {
  const faults = faultsFor(parts);
  const happened = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    await delay(parts.random.between(1000, 6000));
    const fault = parts.random.pick(faults);
    say(fault.name);
    await fault.happen(parts);
    happened.push(fault.name);
  }
  for (const replica of parts.replicas) if (!replica.isRunning) await replica.start();
  for (const replica of parts.replicas) await replica.isReady();
  return happened;
}

async function settled(/** @type {Client} */ client) {
  // The schedule would go on for ever.
  const { items: events } = await client.send('GET', '/events?limit=200');
  for (const { id } of events) await client.send('PATCH', `/events/${id}`, { schedule: { kind: 'manual' } });
  let left = await unended(client);
  let changedAt = performance.now();
  while (left !== '' && performance.now() - changedAt < settleMilliseconds) {
    await delay(500);
    const now = await unended(client);
    if (now !== left) changedAt = performance.now();
    left = now;
  }
}

/** Which they are and how far, in one word: what waits in a long queue behind others makes progress, too. */
async function unended(/** @type {Client} */ client) {
  const words = [];
  for (const state of ['queued', 'starting', 'running']) {
    const { items } = await client.send('GET', `/executions?state=${state}&limit=200`);
    words.push(...items.map(({ id }) => `${id} ${state}`));
  }
  return words.sort().join();
}

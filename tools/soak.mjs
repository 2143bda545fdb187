// `npm run soak`: thousands of jobs through docker-compose.yml, in an installation of its own. Every job is held to the end, log and output that it
// has to have, and every service to what it took before. Writes nothing into the repository and leaves nothing on the engine.
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { ensureApps } from './build-apps.mjs';
import { ensureExecutorImage } from './image/build.mjs';
import { ensurePostgresImage } from './image/postgres.mjs';
import { endRunningCommands } from './lib/command.mjs';
import { fromRoot } from './lib/paths.mjs';
import { secondsSince, step } from './lib/progress.mjs';
import { onStopRequest } from './lib/stop-request.mjs';
import { buildEnvironment, ensureCompose } from './machine/compose.mjs';
import { ensureDocker, stopDocker } from './machine/docker.mjs';
import { ensureDependencies, findNode24, nodeEnvironment, requireNode20 } from './machine/node.mjs';
import { isRoot } from './machine/packages.mjs';
import { judgeWhole } from './soak/accounting.mjs';
import { Client } from './soak/client.mjs';
import { judgeGrowth } from './soak/growth.mjs';
import { Installation } from './soak/installation.mjs';
import { readAtRest } from './soak/reading.mjs';
import { printGrowth, printMemory, printWarnings, readingLine } from './soak/report.mjs';
import { Workload } from './soak/workload.mjs';

const isolations = ['mixed', 'job', 'namespace', 'shared'];
const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '5000' },
    concurrency: { type: 'string', default: '16' },
    isolation: { type: 'string', default: 'mixed' },
  },
});
const [jobs, concurrency] = [Number(values.jobs), Number(values.concurrency)];
const { isolation } = values;
if (!(jobs >= 1) || !(concurrency >= 1) || !isolations.includes(isolation)) {
  console.error(`Usage: npm run soak [-- --jobs 5000 --concurrency 16 --isolation ${isolations.join('|')}]`);
  process.exit(2);
}

/** Jobs before the first reading: what is loaded and compiled once is no growth. */
const warmUp = 200;
/** Between two readings. */
const block = 1000;
const quietSeconds = 20;
/** After the warm-up: the broker keeps a server's former configuration for 30 s, and idle connections to Postgres are closed after 10 s. */
const restSeconds = 70;
const begin = performance.now();

/** @type {(() => Promise<unknown>)[]} */
const endings = [];
/** @type {Promise<void> | undefined} */
let finishing;
let isStopping = false;
onStopRequest(() => {
  isStopping = true;
  console.log('\nStopping …');
  endRunningCommands();
  void finish().then(() => process.exit(130));
});
try {
  const faults = await soak();
  for (const fault of faults.slice(0, 50)) console.log(`✗ ${fault}`);
  if (faults.length === 0)
    console.log('✓ Each job is accounted for, the platform failed none, nothing has grown.');
  else console.log(`${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} catch (error) {
  if (!isStopping) console.error(error.stack);
  process.exitCode = isStopping ? 130 : 1;
} finally {
  await finish();
}

function finish() {
  finishing ??= step('taking it down', async () => {
    for (const end of endings.splice(0).reverse()) await end();
  }).catch((error) => console.error(error));
  return finishing;
}

/** @returns {Promise<string[]>} what is wrong */
async function soak() {
  if (!isRoot() || process.platform !== 'linux')
    throw new Error(
      'It looks into processes of containers, and needs to be root on the engine’s Linux machine.',
    );
  const installation = await prepare();
  try {
    return await soakThrough(installation);
  } finally {
    for (const service of ['cronium', 'broker'])
      printWarnings(service, await installation.log(service).catch(() => []));
  }
}

async function soakThrough(/** @type {Installation} */ installation) {
  const client = new Client(installation.url, installation.credentials);
  const { first, toHealthy, toEnd } = await coldStart(installation, client);
  console.table(
    Object.fromEntries(
      (await installation.imageSizes()).map(([image, bytes]) => [image, { MB: Math.round(bytes / 1e6) }]),
    ),
  );
  console.log(`cold \`compose up\`: healthy after ${toHealthy}, the end of the first script after ${toEnd}`);
  await installation.nameContainers();
  const idle = await step(`memory after ${quietSeconds} s of quiet`, async () => {
    await delay(quietSeconds * 1000);
    return readAtRest(installation, 0);
  });
  printMemory(idle);

  const workload = new Workload(client, { concurrency, isolation });
  await workload.prepare();
  const readings = await run(installation, workload);
  printMemory(readings.at(-1));
  const growth = judgeGrowth(readings);
  printGrowth(readings, growth.figures);
  const faults = [
    ...growth.faults,
    ...(await account(client, [first, ...workload.accounts], workload.cancelled)),
  ];
  if (client.repeats > 0) console.log(`${client.repeats} requests were asked again after a 503.`);
  return faults;
}

/** What `npm test` prepares for Compose, and an installation that is not yet up. */
async function prepare() {
  requireNode20();
  await step('npm dependencies', (log) => ensureDependencies({ log }));
  const startedDocker = await step('Docker engine', (log) =>
    ensureDocker({ log, logFile: fromRoot('tmp/dockerd.log') }),
  );
  if (startedDocker !== undefined) endings.push(() => stopDocker(startedDocker));
  await step('executor image', (log) => ensureExecutorImage({ log }));
  const composeConfiguration = await step('Compose', (log) => ensureCompose({ log }));
  const postgresImage = await step('Postgres image', (log) => ensurePostgresImage({ log }));
  const node24 = findNode24();
  await step('apps', (log) => ensureApps({ log, node24, env: nodeEnvironment(node24) }));
  const installation = await Installation.create({
    ...{ postgresImage, composeConfiguration },
    buildEnvironment: await buildEnvironment(),
  });
  endings.push(() => installation.remove());
  await step('image of Cronium', (log) => installation.build(log));
  return installation;
}

/** From nothing but images to the end of a first script. */
async function coldStart(/** @type {Installation} */ installation, /** @type {Client} */ client) {
  const start = performance.now();
  let isUp = false;
  const up = step('docker compose up', () => installation.up()).finally(() => (isUp = true));
  const toHealthy = up.then(() => secondsSince(start));
  // It is told below; unheard meanwhile it would end the soak.
  toHealthy.catch(() => undefined);
  while (!isUp && !(await client.isReady())) await delay(100);
  if (isUp) await up;
  const { id } = await client.post('/events', { name: 'first', type: 'BASH', content: 'echo hello' });
  const { id: executionId, state } = await client.post(`/events/${id}/run?wait=60`);
  const toEnd = secondsSince(start);
  const faults = state === 'succeeded' ? [] : [`It ended as ${state}.`];
  return { first: { name: 'The first script', executionId, faults }, toHealthy: await toHealthy, toEnd };
}

/** All jobs, with a reading after the warm-up and after each thousand. */
async function run(/** @type {Installation} */ installation, /** @type {Workload} */ workload) {
  await runBlock(workload, Math.min(warmUp, jobs));
  const readings = [
    await step(`reading after ${restSeconds} s of rest`, async (log) => {
      await delay(restSeconds * 1000);
      return readAndTell(installation, workload.accounts.length, undefined, log);
    }),
  ];
  const runAt = performance.now();
  while (workload.accounts.length < jobs) {
    const done = workload.accounts.length;
    const end = Math.min(jobs, done < block ? block : done + block);
    await runBlock(workload, end - done);
    readings.push(await step('reading', (log) => readAndTell(installation, end, readings[0], log)));
  }
  console.log(`${jobs} jobs in ${secondsSince(runAt)} with the readings, ${secondsSince(begin)} in all`);
  return readings;
}

async function readAndTell(installation, done, before, log) {
  const reading = await readAtRest(installation, done, before);
  log(readingLine(reading));
  return reading;
}

async function runBlock(/** @type {Workload} */ workload, /** @type {number} */ count) {
  const first = workload.accounts.length;
  await step(`jobs ${first + 1} to ${first + count}`, async (log) => {
    const start = performance.now();
    await workload.run(count, (done) => {
      const rate = done / ((performance.now() - start) / 1000);
      if (done % 100 === 0) log(`${done} have ended, ${rate.toFixed(1)} a second`);
    });
  });
}

/**
 * Holds what the product knows to what was asked of it.
 * @param {Client} client
 * @param {import('./soak/accounting.mjs').Account[]} accounts
 * @param {number} uncounted cancelled jobs, of which the success metrics count none
 */
async function account(client, accounts, uncounted) {
  const success = await client.get('/monitoring/success?days=1');
  const { start, end, successRate, jobs: counted } = success.total;
  console.log(
    `success metrics: ${counted} jobs, ${((successRate ?? 0) * 100).toFixed(3)} % not failed by the platform`,
  );
  console.log(
    'milliseconds from a place to the first instruction, and from the end of a script until that is on record',
  );
  console.table({ start, end });
  return judgeWhole({ accounts, listed: await client.list('/executions?limit=200'), success, uncounted });
}

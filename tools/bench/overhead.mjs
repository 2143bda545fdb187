import { setTimeout as delay } from 'node:timers/promises';

import { capture } from '../lib/command.mjs';
import { epochMs, row } from './figures.mjs';

const rounds = 60;
/** Not counted: what a service that has just started compiles and caches is no part of a job. */
const warmUpRounds = 10;
const poolSize = 4;
/** The script's first instruction reads the clock; printing it is its second. */
const noOp = 'echo $EPOCHREALTIME';
const container = 'cronium-bench-exec';

/** From a request to the script's first instruction, and to its visible end, beside the ways others start a script. */
export async function bench(product, { startDirect }) {
  const direct = await startDirect();
  try {
    await compare(product, direct);
  } finally {
    await direct.stop();
  }
}

/** @param product the one that `npm start` runs, whose engine a broker has; `direct` has it itself */
async function compare(product, direct) {
  const [eventId, directEventId] = await Promise.all([product, direct].map(prepare));
  await capture('docker', ['rm', '-f', container]);
  await capture('docker', [
    'run',
    '-d',
    '--name',
    container,
    '--network',
    'none',
    'cronium-executor:latest',
    'hold',
  ]);
  const exec = () => spawned('docker', ['exec', container, 'bash', '-c', noOp]);
  const ways = {
    'bash, spawned': () => spawned('bash', ['-c', noOp]),
    'docker run --rm': () =>
      spawned('docker', [
        ...'run --rm --network none'.split(' '),
        'cronium-executor:latest',
        'bash',
        '-c',
        noOp,
      ]),
    'docker exec': exec,
    'Cronium, isolated job': () => asJob(product, eventId),
    'Cronium without a broker': () => asJob(direct, directEventId),
  };
  try {
    console.log(`\n${rounds} sequential no-op bash jobs each, after ${warmUpRounds} that are not counted`);
    print(await inTurn(ways, () => product.poolIsWarm(2 * poolSize)));
    await product.configure({ isolation: 'namespace' });
    console.log('\nthe same with isolation namespace');
    const namespaced = { 'docker exec': exec, 'Cronium, namespace': () => asJob(product, eventId) };
    print(await inTurn(namespaced, () => delay(400)));
  } finally {
    await product.configure({ isolation: 'job' });
    await capture('docker', ['rm', '-f', container]);
  }
}

/** Milliseconds of each way, taken in turn, so that a noisy minute of the machine falls on all of them. */
async function inTurn(ways, untilReady) {
  const figures = Object.fromEntries(
    Object.keys(ways).map((name) => [name, { first: [], start: [], end: [] }]),
  );
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    for (const [name, act] of Object.entries(ways)) {
      await untilReady();
      const { first, start, end } = await act();
      if (round < 0) continue;
      figures[name].first.push(first);
      figures[name].end.push(end);
      if (start !== undefined) figures[name].start.push(start);
    }
  }
  return figures;
}

function print(figures) {
  const exec = figures['docker exec'];
  const table = (name, rows) => {
    console.log(`\n${name}`);
    console.table(rows);
  };
  const all = Object.entries(figures);
  table(
    'from request to the script’s first instruction',
    all.map(([name, { first }]) => row(name, first, exec.first)),
  );
  table(
    'of that its start: from when a worker had taken it',
    all.filter(([, { start }]) => start.length > 0).map(([name, { start }]) => row(name, start, exec.first)),
  );
  table(
    'from request to the end being visible',
    all.map(([name, { end }]) => row(name, end, exec.end)),
  );
}

async function prepare(product) {
  await product.configure({ pool: { size: poolSize } });
  return product.createEvent({ name: 'no-op', content: noOp });
}

async function spawned(command, args) {
  const begin = epochMs();
  const { stdout } = await capture(command, args, { env: { PATH: process.env.PATH } });
  return { first: Number(stdout) * 1000 - begin, end: epochMs() - begin };
}

async function asJob(product, eventId) {
  const begin = epochMs();
  const execution = await product.post(`/events/${eventId}/run?wait=30`, {});
  const end = epochMs() - begin;
  const [job] = execution.jobs;
  if (job.state !== 'succeeded') throw new Error(`The job ended as ${job.state}: ${job.error?.message}`);
  const { entries } = await product.get(`/jobs/${job.id}/log`);
  const first = Number(entries[0].text) * 1000;
  return { first: first - begin, start: first - Date.parse(job.startingAt), end };
}

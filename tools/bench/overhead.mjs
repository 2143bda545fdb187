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
    'docker exec': () => spawned('docker', ['exec', container, 'bash', '-c', noOp]),
    'Cronium, isolated job': () => asJob(product, eventId),
    'Cronium without a broker': () => asJob(direct, directEventId),
  };
  const figures = Object.fromEntries(Object.keys(ways).map((name) => [name, { first: [], end: [] }]));
  try {
    // Taken in turn, so that a noisy minute of the machine falls on all of them.
    for (let round = -warmUpRounds; round < rounds; round += 1) {
      for (const [name, start] of Object.entries(ways)) {
        await product.poolIsWarm(2 * poolSize);
        const { first, end } = await start();
        if (round < 0) continue;
        figures[name].first.push(first);
        figures[name].end.push(end);
      }
    }
  } finally {
    await capture('docker', ['rm', '-f', container]);
  }
  const exec = figures['docker exec'];
  console.log(
    `\n${rounds} sequential no-op bash jobs each, after ${warmUpRounds} that are not counted\n\nfrom request to the script’s first instruction`,
  );
  console.table(Object.entries(figures).map(([name, { first }]) => row(name, first, exec.first)));
  console.log('from request to the end being visible');
  console.table(Object.entries(figures).map(([name, { end }]) => row(name, end, exec.end)));
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
  return { first: Number(entries[0].text) * 1000 - begin, end };
}

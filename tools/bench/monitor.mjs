import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { io } from 'socket.io-client';

import { percentile } from './figures.mjs';

const sandboxes = 50;
const spanSeconds = 30;
const MIB = 2 ** 20;

/** Grows by a MiB each 100 ms for 25 s, and says when it had how much: so a figure that is shown tells when it was true. */
const growing = `
import cronium, re, time
def anonymous():
    with open('/proc/self/status') as status:
        return int(re.search(r'RssAnon:\\s+(\\d+)', status.read()).group(1)) * 1024
held, said = [], []
for _ in range(250):
    held.append(bytearray(b'x' * (1 << 20)))
    said.append([time.time() * 1000, anonymous()])
    time.sleep(0.1)
cronium.output(said)
`;

/**
 * What it costs to watch 50 sandboxes that run: processor of the API's process, of the whole machine (the sandboxes' runners, which
 * measure, and Postgres included), and calls to the engine; nobody looking, and somebody. And how old what is shown is when it arrives.
 *
 * @param {import('./product.mjs').Product} product
 * @param {{ engineCalls: () => number }} what
 */
export async function bench(product, { engineCalls }) {
  await product.configure({ pool: { size: 1 }, maxConcurrentJobs: sandboxes + 4 });
  await delay(5000);
  const costs = [];
  const measure = async (name) => {
    const before = snapshot(product, engineCalls);
    await delay(spanSeconds * 1000);
    costs.push({ '': name, ...difference(before, snapshot(product, engineCalls)) });
  };
  await measure('nothing runs, nobody looks');

  const long = await product.createEvent({ name: 'long', content: 'sleep 3600' });
  for (let n = 0; n < sandboxes; n += 1) await product.post(`/events/${long}/run`, {});
  const running = async () => (await product.get('/executions?state=running&limit=200')).items.length;
  while ((await running()) < sandboxes) await delay(500);
  await delay(5000);
  await measure(`${sandboxes} run, nobody looks`);
  const socket = await product.socket(io);
  await socket.emitWithAck('subscribe', { health: true });
  await delay(3000);
  await measure(`${sandboxes} run, one looks`);

  const ages = (await Promise.all([1, 2].map(() => agesOf(product, socket)))).flat();
  socket.close();
  console.log(`\n${spanSeconds} s each`);
  console.table(costs);
  console.log(`\nage of a job’s figures when they arrive at who looks, ${ages.length} of them, in ms`);
  console.table([
    {
      p50: percentile(ages, 0.5).toFixed(0),
      p95: percentile(ages, 0.95).toFixed(0),
      most: Math.max(...ages).toFixed(0),
    },
  ]);
}

/** How long ago each memory figure that arrived was true, in milliseconds. */
async function agesOf(product, socket) {
  const eventId = await product.createEvent({ name: 'growing', type: 'PYTHON', content: growing });
  const { id, jobs } = await product.post(`/events/${eventId}/run`, {});
  const arrived = [];
  const hear = ({ servers }) => {
    const job = servers.flatMap(({ activeJobs }) => activeJobs).find(({ jobId }) => jobId === jobs[0].id);
    if (job && job.memoryBytes > 0) arrived.push({ at: Date.now(), bytes: job.memoryBytes });
  };
  socket.on('health', hear);
  let execution = await product.get(`/executions/${id}`);
  for (; execution.endedAt === null; execution = await product.get(`/executions/${id}`)) await delay(500);
  socket.off('health', hear);
  const said = execution.jobs[0].output;
  return arrived.flatMap(({ at, bytes }) => {
    const next = said.findIndex(([, held]) => held > bytes + MIB / 2);
    // Before it grew, or after it had ended growing, a figure tells no time.
    return next > 0 ? [at - said[next - 1][0]] : [];
  });
}

function snapshot(product, engineCalls) {
  return {
    at: performance.now(),
    cpu: product.cpuSeconds(),
    machine: machineSeconds(),
    calls: engineCalls(),
  };
}

function difference(before, after) {
  const seconds = (after.at - before.at) / 1000;
  const percent = (from, to) => `${((100 * (to - from)) / seconds).toFixed(1)}`;
  return {
    'API, % of a core': percent(before.cpu, after.cpu),
    'whole machine, % of a core': percent(before.machine, after.machine),
    'engine calls/s': ((after.calls - before.calls) / seconds).toFixed(2),
  };
}

/** Seconds of all processors that were not idle (proc(5): ticks of 10 ms; idle and iowait are the fourth and fifth). */
function machineSeconds() {
  const ticks = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'utf8'))[1].split(' ').map(Number);
  return (ticks.slice(0, 8).reduce((sum, one) => sum + one, 0) - ticks[3] - ticks[4]) / 100;
}

import { capture } from '../lib/command.mjs';
import { rateOfEngine } from './engine.mjs';

/** Of each mode, requested at once. */
const jobsOf = { job: 200, namespace: 900, shared: 200 };
/** As many at once as the product starts, so that both keep the engine equally busy. */
const concurrency = 4;
/** Longest time that a request waits for its job's end. */
const waitSeconds = 60;

/**
 * No-op jobs requested at once, in each isolation, beside what this machine does without Cronium: the engine's own rate of creating, starting
 * and removing the same containers, `docker run --rm`, and bash alone. The engine is measured before and after, since a shared machine changes
 * its mind.
 */
export async function bench(product) {
  const eventId = await product.createEvent({ name: 'no-op', content: 'true' });
  await product.poolIsWarm(4);
  const [warm] = await product.sandboxes();
  const before = await rateOfEngine(warm, 100, concurrency);
  const rows = [];
  for (const [isolation, jobs] of Object.entries(jobsOf)) {
    await product.configure({ isolation, maxConcurrentJobs: 32 });
    await product.post(`/events/${eventId}/run?wait=${waitSeconds}`, {});
    if (isolation === 'job') await product.poolIsWarm(4);
    const { rate, lost } = await rateOfProduct(product, eventId, jobs);
    rows.push([`Cronium, ${isolation}: ${jobs} at once`, rate, lost]);
  }
  await product.configure({ isolation: 'job' });
  await product.poolIsWarm(4);
  const [again] = await product.sandboxes();
  const after = await rateOfEngine(again, 100, concurrency);
  const engine = (before + after) / 2;
  const run = 'run --rm --network none cronium-executor:latest true'.split(' ');
  rows.unshift(
    [`bash -c true, ${concurrency} at a time`, await rateOfCommand('bash', ['-c', 'true'], 1000), 0],
    [`docker run --rm, ${concurrency} at a time`, await rateOfCommand('docker', run, 40), 0],
    [
      `engine alone: create, start, remove (${before.toFixed(1)} before, ${after.toFixed(1)} after)`,
      engine,
      0,
    ],
  );
  console.table(
    rows.map(([name, rate, lost]) => ({
      '': name,
      'jobs/s': rate.toFixed(1),
      'by the engine': (rate / engine).toFixed(2),
      lost,
    })),
  );
  console.log(`peak memory of the API: ${product.peakMemoryMb().toFixed(0)} MiB`);
}

/** Runs a second of a command that is started so many times, `concurrency` at a time. */
async function rateOfCommand(command, args, times) {
  const begin = performance.now();
  let left = times;
  const worker = async () => {
    while (left-- > 0) await capture(command, args, { env: { PATH: process.env.PATH } });
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return times / ((performance.now() - begin) / 1000);
}

async function rateOfProduct(product, eventId, jobs) {
  const begin = performance.now();
  const ends = await Promise.all(Array.from({ length: jobs }, () => runToEnd(product, eventId)));
  const succeeded = ends.filter((state) => state === 'succeeded').length;
  return { rate: succeeded / ((performance.now() - begin) / 1000), lost: jobs - succeeded };
}

/** Waits in the request, and asks seldom afterwards: polling would measure the polling. */
async function runToEnd(product, eventId) {
  let execution = await product.post(`/events/${eventId}/run?wait=${waitSeconds}`, {});
  while (['queued', 'starting', 'running'].includes(execution.state)) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    execution = await product.get(`/executions/${execution.id}`);
  }
  return execution.state;
}

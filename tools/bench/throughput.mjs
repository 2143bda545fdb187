import { rateOfEngine } from './engine.mjs';

const jobs = 200;
/** As many at once as the product starts, so that both keep the engine equally busy. */
const concurrency = 4;
/** Longest time that a request waits for its job's end. */
const waitSeconds = 60;

/**
 * 200 no-op jobs requested at once, beside the engine's own rate of creating, starting and removing the same containers. The engine is
 * measured before and after, since a shared machine changes its mind.
 */
export async function bench(product) {
  const eventId = await product.createEvent({ name: 'no-op', content: 'true' });
  await product.poolIsWarm(4);
  const [warm] = await product.sandboxes();
  const before = await rateOfEngine(warm, jobs / 2, concurrency);
  const measured = [];
  for (const isolation of ['job', 'shared']) {
    await product.configure({ isolation });
    await product.post(`/events/${eventId}/run?wait=${waitSeconds}`, {});
    measured.push({ isolation, ...(await rateOfProduct(product, eventId)) });
    if (isolation === 'job') await product.poolIsWarm(4);
  }
  await product.configure({ isolation: 'job' });
  await product.poolIsWarm(4);
  const [again] = await product.sandboxes();
  const after = await rateOfEngine(again, jobs / 2, concurrency);
  const engine = (before + after) / 2;
  console.log(`\n${jobs} no-op jobs at once`);
  console.table([
    {
      '': `engine alone: create, start, remove (${before.toFixed(1)} before, ${after.toFixed(1)} after)`,
      'jobs/s': engine.toFixed(1),
      ratio: '1.00',
      lost: '',
    },
    ...measured.map(({ isolation, rate, lost }) => ({
      '': `Cronium, ${isolation}`,
      'jobs/s': rate.toFixed(1),
      ratio: (rate / engine).toFixed(2),
      lost,
    })),
  ]);
  console.log(`peak memory of the API: ${product.peakMemoryMb().toFixed(0)} MiB`);
}

async function rateOfProduct(product, eventId) {
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

import { capture } from '../lib/command.mjs';

const jobs = 200;
/** As many at once as the product starts, so that both keep the engine equally busy. */
const concurrency = 4;

/** 200 no-op jobs requested at once, beside the engine's own rate of creating, starting and removing such containers. */
export async function bench(product) {
  const rows = [];
  const engineRate = await rateOfEngine();
  rows.push({
    '': 'engine alone: create, start, remove',
    'jobs/s': engineRate.toFixed(1),
    ratio: '1.00',
    lost: '',
  });
  const eventId = await product.createEvent({ name: 'no-op', content: 'true' });
  for (const isolation of ['job', 'shared']) {
    await product.configure({ isolation });
    await product.post(`/events/${eventId}/run?wait=60`, {});
    const { rate, lost } = await rateOfProduct(product, eventId);
    rows.push({
      '': `Cronium, ${isolation}`,
      'jobs/s': rate.toFixed(1),
      ratio: (rate / engineRate).toFixed(2),
      lost,
    });
  }
  console.log(`\n${jobs} no-op jobs at once`);
  console.table(rows);
  console.log(`peak memory of the API: ${product.peakMemoryMb().toFixed(0)} MiB`);
}

async function rateOfProduct(product, eventId) {
  const begin = performance.now();
  const started = await Promise.all(
    Array.from({ length: jobs }, () => product.post(`/events/${eventId}/run`, {})),
  );
  let open = started.map(({ id }) => id);
  let succeeded = 0;
  while (open.length > 0 && performance.now() - begin < 300_000) {
    const [next] = open;
    const execution = await product.get(`/executions/${next}`);
    if (['queued', 'starting', 'running'].includes(execution.state)) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      continue;
    }
    if (execution.state === 'succeeded') succeeded += 1;
    open = open.slice(1);
  }
  return { rate: succeeded / ((performance.now() - begin) / 1000), lost: jobs - succeeded };
}

/** The same sandbox without Cronium, by the plain client: hardened options cost the engine, so they are the same. */
async function rateOfEngine() {
  const options = [
    '--rm --read-only --network none --cap-drop ALL --security-opt no-new-privileges --memory 768m --pids-limit 128',
    '--security-opt seccomp=docker/executor/seccomp-profile.json --log-driver none --tmpfs /tmp:size=256m cronium-executor:latest true',
  ].flatMap((line) => line.split(' '));
  let left = jobs;
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (left-- > 0) {
        const { code, tail } = await capture('docker', ['run', ...options]);
        if (code !== 0) throw new Error(tail);
      }
    }),
  );
  return jobs / ((performance.now() - begin) / 1000);
}

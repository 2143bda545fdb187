import { capture } from '../lib/command.mjs';
import { step } from '../lib/progress.mjs';
import { ensureSshd } from '../machine/sshd.mjs';
import { epochMs, percentile } from './figures.mjs';
import { SshdFarm } from './sshd.mjs';

const rounds = 60;
const sshdCount = 10;
const jobCount = 50;
/** The script's first instruction reads the clock; printing it is its second. */
const noOp = 'echo $EPOCHREALTIME';

/** A no-op job on an ssh host beside `ssh host true` over a connection that is open already; then many jobs on many hosts. */
export async function bench(product) {
  await step('sshd', (log) => ensureSshd({ log }));
  const farm = await step(`${sshdCount} sshd instances`, () => SshdFarm.start(sshdCount));
  try {
    const serverIds = [];
    for (const port of farm.ports) serverIds.push(await addServer(product, farm, port));
    await compare(product, farm, serverIds[0]);
    await spread(product, serverIds);
  } finally {
    await capture('ssh', ['-O', 'exit', ...farm.controlMaster()]);
    await farm.stop();
  }
}

async function addServer(product, farm, port) {
  const target = { host: '127.0.0.1', port, jumpServerId: null };
  const hostKey = await product.post('/servers/host-key', target);
  const { id } = await product.post('/servers', {
    ...{ type: 'ssh', name: `bench ${port}`, ...target, username: farm.user, hostKey },
    credentials: { kind: 'private_key', privateKey: farm.privateKey },
  });
  return id;
}

async function compare(product, farm, serverId) {
  const eventId = await product.createEvent({ name: 'no-op', content: noOp, serverIds: [serverId] });
  const ssh = farm.controlMaster();
  const ways = {
    'ssh host true, warm ControlMaster': () => sshTrue(ssh),
    'Cronium, job on the same sshd': () => asJob(product, eventId),
  };
  const figures = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
  for (const start of Object.values(ways)) await start();
  // Taken in turn, so that a noisy minute of the machine falls on both.
  for (let round = 0; round < rounds; round += 1)
    for (const [name, start] of Object.entries(ways)) figures[name].push(await start());
  const [baseline, ours] = Object.values(figures).map((values) => percentile(values, 0.5));
  console.log(
    `\n${rounds} each in turn: ssh from its start to its end, a job from the request to its first instruction`,
  );
  console.table(
    Object.entries(figures).map(([name, values]) => ({
      '': name,
      'p50 ms': percentile(values, 0.5).toFixed(1),
      'p95 ms': percentile(values, 0.95).toFixed(1),
    })),
  );
  console.log(
    `p50 wanted at most 1.5 × the baseline + 20 ms = ${(1.5 * baseline + 20).toFixed(1)} ms; it is ${ours.toFixed(1)} ms`,
  );
}

async function sshTrue(ssh) {
  const begin = epochMs();
  const { code, tail } = await capture('ssh', [...ssh, 'true']);
  if (code !== 0) throw new Error(`ssh ended with ${code}: ${tail}`);
  return epochMs() - begin;
}

async function asJob(product, eventId) {
  const begin = epochMs();
  const execution = await product.post(`/events/${eventId}/run?wait=30`, {});
  const [job] = execution.jobs;
  if (job.state !== 'succeeded') throw new Error(`The job ended as ${job.state}: ${job.error?.message}`);
  const { entries } = await product.get(`/jobs/${job.id}/log`);
  return Number(entries[0].text) * 1000 - begin;
}

/** As many jobs at one time as the issue names, over all hosts; each must end well and have said its line. */
async function spread(product, serverIds) {
  const events = await Promise.all(
    Array.from({ length: jobCount / sshdCount }, (_, index) =>
      product.createEvent({
        name: `spread ${index}`,
        content: 'sleep 1; echo done',
        serverIds,
        targetStrategy: 'all',
      }),
    ),
  );
  const begin = epochMs();
  const executions = await Promise.all(events.map((id) => product.post(`/events/${id}/run?wait=60`, {})));
  const seconds = ((epochMs() - begin) / 1000).toFixed(1);
  const jobs = executions.flatMap((execution) => execution.jobs);
  const logs = await Promise.all(jobs.map(({ id }) => product.get(`/jobs/${id}/log`)));
  const whole = jobs.filter(
    ({ state }, index) =>
      state === 'succeeded' && logs[index].entries.some(({ text }) => text.includes('done')),
  );
  console.log(
    `\n${jobs.length} jobs on ${serverIds.length} sshd instances: ${whole.length} succeeded with their output, ${jobs.length - whole.length} did not (${seconds} s)`,
  );
  for (const { state, error } of jobs.filter((job) => !whole.includes(job)))
    console.log(`  ${state} ${error?.code ?? ''} ${error?.message ?? ''}`);
}

import { defaultResourceLimits } from '@cronium/server-types';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { LABELS } from '../container/container-spec';
import { EngineFixture } from '../container/engine-fixture';
import { deferred } from '../deferred';
import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import { BrokerFixture } from './broker-fixture';
import { readLine, writeLine } from './line-stream';

jest.setTimeout(60_000);

const fixture = new EngineFixture({ pool: { size: 1, refillConcurrency: 1 } });
const broker = new BrokerFixture(fixture);
const viaBroker = () => fixture.createExecutor({ broker: broker.address });

beforeAll(() => fixture.verify());
afterAll(() => fixture.dispose());
afterEach(() => broker.stop());

/** A line to the broker, as any program could send it, and its answer. The connection stays open. */
async function ask(line: object | string): Promise<{ answer: Record<string, unknown>; end: () => void }> {
  const socket = connect(broker.path);
  await once(socket, 'connect');
  if (typeof line === 'string') socket.write(line);
  else writeLine(socket, line);
  return {
    answer: JSON.parse(await readLine(socket)) as Record<string, unknown>,
    end: () => socket.destroy(),
  };
}

/** As a process leaves one that was killed after its job had ended. */
async function endedSandbox(): Promise<string> {
  const container = await fixture.docker.createContainer({
    Image: fixture.server.containerConfig.image,
    Entrypoint: ['true'],
    NetworkDisabled: true,
    Labels: {
      [LABELS.installation]: fixture.installationId,
      [LABELS.server]: fixture.server.id,
      [LABELS.role]: 'sandbox',
    },
  });
  await container.start();
  await container.wait();
  return container.id;
}

const session = (config: object = fixture.server.containerConfig) => ({
  version: 1,
  request: 'session',
  installationId: fixture.installationId,
  serverId: fixture.server.id,
  config,
  warm: false,
});

describe('A broker', () => {
  it('may be reached by its owner and its group, and by nobody else', async () => {
    await broker.start();
    expect(statSync(broker.path).mode & 0o777).toBe(0o660);
  });

  it('says that it and its engine are there', async () => {
    await broker.start();
    const { answer, end } = await ask({ version: 1, request: 'health' });
    expect(answer).toEqual({ version: 1, sandboxes: 0, engine: 'up' });
    end();
  });

  it.each([
    ['no JSON', 'hello\n', /no line of JSON/],
    ['an unknown request', { version: 1, request: 'exec' }, /request/],
    ['an unknown field', { version: 1, request: 'health', image: 'x' }, /not understood/],
    ['another version', { version: 2, request: 'health' }, /version/],
  ])('refuses %s', async (_, line, message) => {
    await broker.start();
    const { answer } = await ask(line);
    expect(answer).toEqual({ error: { code: 'bad_request', message: expect.stringMatching(message) } });
  });

  const config = fixture.server.containerConfig;
  it.each([
    ['an image', { ...config, image: 'debian:latest' }, /image "debian:latest" .*CRONIUM_BROKER_IMAGES/],
    ['a runtime', { ...config, runtime: 'runsc' }, /runtime "runsc" .*CRONIUM_BROKER_RUNTIMES/],
    [
      'a container',
      { ...config, isolation: 'shared', containerName: 'postgres' },
      /containerName "postgres" .*CRONIUM_BROKER_CONTAINERS/,
    ],
    [
      'a limit',
      { ...config, resourceLimits: { ...config.resourceLimits, memoryMb: 65_536 } },
      /memoryMb is 65536.*CRONIUM_BROKER_LIMITS/,
    ],
    [
      'a pool',
      { ...config, pool: { size: 64, refillConcurrency: 1 } },
      /pool.size.*CRONIUM_BROKER_POOL_SIZE/,
    ],
  ])('opens no session with %s that its configuration does not name', async (_, wrong, message) => {
    await broker.start();
    const { answer } = await ask(session(wrong));
    expect(answer).toEqual({ error: { code: 'not_allowed', message: expect.stringMatching(message) } });
  });

  it.each([
    ['a mount', { binds: ['/:/host'] }],
    ['a capability', { capAdd: ['SYS_ADMIN'] }],
    ['a network', { network: 'host' }],
    ['a command', { command: ['sh'] }],
    ['privileges', { privileged: true }],
  ])('knows no way to ask for %s', async (_, extra) => {
    await broker.start();
    expect((await ask(session({ ...config, ...extra }))).answer).toMatchObject({
      error: { code: 'bad_request' },
    });
  });

  it('gives no job more than its configuration does', async () => {
    await broker.start();
    const begun = await ask(session());
    const limits = { ...defaultResourceLimits, cpu: 64 };
    const { answer } = await ask({
      request: 'open',
      session: begun.answer['session'],
      jobId: randomUUID(),
      limits,
    });
    expect(answer).toMatchObject({
      error: { code: 'not_allowed', message: expect.stringContaining('cpu is 64') },
    });
    begun.end();
  });

  it('does nothing for a session that is over, or was never begun', async () => {
    await broker.start();
    const { answer } = await ask({ request: 'check', session: randomUUID() });
    expect(answer).toMatchObject({ error: { code: 'unknown_session' } });
  });

  it.each(['attach', 'stop'] as const)(
    'reaches with %s no container that is not a sandbox of the server',
    async (request) => {
      await broker.start();
      const stranger = await fixture.docker.createContainer({
        Image: config.image,
        Entrypoint: ['sleep', '60'],
        NetworkDisabled: true,
      });
      try {
        await stranger.start();
        const begun = await ask(session());
        const location = { executor: 'container', isolation: 'job', containerId: stranger.id };
        const job = request === 'attach' ? { jobId: randomUUID() } : {};
        const { answer } = await ask({ request, session: begun.answer['session'], location, ...job });

        if (request === 'attach') expect(answer).toMatchObject({ error: { code: 'script_lost' } });
        expect((await stranger.inspect()).State.Running).toBe(true);
        begun.end();
      } finally {
        await stranger.remove({ force: true });
      }
    },
  );

  it('takes so many requests a second, and the rest later', async () => {
    await broker.start({ requestsPerSecond: 1 });
    const answers = [];
    for (let count = 0; count < 12; count += 1)
      answers.push((await ask({ version: 1, request: 'health' })).answer);
    expect(answers[0]).toMatchObject({ engine: 'up' });
    expect(answers.at(-1)).toMatchObject({ error: { code: 'rate_limited' } });
  });

  it('puts no more jobs into sandboxes than it may', async () => {
    await broker.start({ jobs: 1 });
    const executor = viaBroker();
    const observer = new RecordingObserver();
    const first = executor.executeScript(
      scriptRequest('read -t 30 < <(sleep 3); echo over'),
      observer,
      never,
    );
    await observer.until(() => observer.startedAt !== undefined);
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('CRONIUM_BROKER_JOBS'),
    });
    await first;
    // Waits until what the first ran in is removed.
    await executor.disconnect();
    expect(printed(await runScript(executor, 'echo next'))).toBe('next\n');
    await executor.disconnect();
  });

  it.each(['a sandbox that was being opened', 'a question'])(
    'is left by an executor for good, though %s comes after it',
    async (late) => {
      await broker.start();
      const executor = viaBroker();
      await executor.connect();
      const opening = runScript(executor, 'echo').catch((error: unknown) => error);
      const left = executor.disconnect();
      if (late === 'a question') await left.then(() => executor.checkHealth());
      await Promise.all([opening, left]);
      while ((await broker.connections()) > 0) await delay(20);
    },
  );

  it('logs every request, with the job and what became of it', async () => {
    await broker.start();
    const executor = viaBroker();
    const request = scriptRequest('echo');
    await runScript(executor, request);
    await executor.disconnect();
    const served = (name: string) =>
      expect.objectContaining({ request: name, peer: 'local', ms: expect.any(Number) }) as object;
    expect(broker.requests).toEqual(
      expect.arrayContaining([served('session'), served('open'), served('stop')]),
    );
    expect(broker.requests).toContainEqual(
      expect.objectContaining({ request: 'open', jobId: request.jobId }),
    );
  });
});

describe('A job', () => {
  it('goes on while its broker restarts, and no line is lost or doubled', async () => {
    await broker.start();
    const executor = viaBroker();
    await executor.connect();
    const observer = new RecordingObserver();
    const running = executor.executeScript(
      scriptRequest('for n in $(seq 30); do echo $n; sleep 0.1; done; cronium_output done'),
      observer,
      never,
    );
    await observer.until(() => observer.outputs.length > 3);
    await broker.stop();
    await broker.start();

    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout).toBe(Array.from({ length: 30 }, (_, index) => `${index + 1}\n`).join(''));
    expect(observer.helpers).toHaveLength(1);
    await executor.disconnect();
  });

  it('is found by the next API through the same broker', async () => {
    await broker.start();
    const before = viaBroker();
    const observer = new RecordingObserver();
    const running = before.executeScript(
      scriptRequest('for n in 1 2 3 4 5 6; do echo $n; sleep 0.2; done'),
      observer,
      never,
    );
    const left = expect(running).rejects.toMatchObject({ name: 'ExecutorDisconnectedError' });
    await observer.until(() => observer.outputs.length > 1);
    await before.disconnect();
    await left;

    const after = viaBroker();
    const rest = new RecordingObserver();
    const result = await after.resumeScript(observer.durableHandle, rest, never);
    expect(result.end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout + rest.stdout).toBe('1\n2\n3\n4\n5\n6\n');
    await after.disconnect();
  });

  it('that cannot be begun without a broker says so at once', async () => {
    const executor = viaBroker();
    await expect(runScript(executor, 'echo')).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringMatching(/sandbox broker at unix:.* does not answer .*Does it run\?/),
    });
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'engine_unavailable' },
    });
    await executor.disconnect();
  });

  it('does not hang when its broker stays away', async () => {
    await broker.start();
    const executor = viaBroker();
    const observer = new RecordingObserver();
    const running = executor.executeScript(scriptRequest('echo on; sleep 600'), observer, never);
    const lost = expect(running).rejects.toMatchObject({ code: 'script_lost' });
    await observer.until(() => observer.outputs.length > 0);
    await broker.stop();
    await lost;
    await executor.disconnect();
    // It goes on where it is until a broker comes, which removes it.
    await fixture.docker
      .getContainer(observer.durableHandle.location['containerId'] ?? '')
      .remove({ force: true });
  });
});

describe.each(['shared', 'namespace'] as const)('A job with isolation %s', (isolation) => {
  it('is over for the broker when its runner has left, and not when nobody waits for it any more', async () => {
    const own = new EngineFixture({ isolation, pool: { size: 1, refillConcurrency: 1 } });
    const itsBroker = new BrokerFixture(own);
    await itsBroker.start();
    const executor = own.createExecutor({ broker: itsBroker.address });
    printed(await runScript(executor, 'echo'));
    await executor.disconnect();
    const stop = itsBroker.requests.find((request) => 'request' in request && request.request === 'stop');
    // The broker gives a runner ten seconds before it goes on without it.
    expect((stop as { ms: number }).ms).toBeLessThan(9_000);
    await itsBroker.stop();
    await own.dispose();
  });
});

describe('Warm sandboxes', () => {
  it('are there for the next API, and none when the broker has stopped', async () => {
    await broker.start();
    const before = viaBroker();
    await before.connect();
    await fixture.untilContainers((containers) => containers.some(({ State }) => State === 'running'));
    await before.disconnect();
    expect(await fixture.containers()).toHaveLength(1);

    const after = viaBroker();
    await after.connect();
    printed(await runScript(after, 'echo'));
    await after.disconnect();
    await broker.stop();
    expect(await fixture.containers()).toEqual([]);
  });

  it('that a killed broker has left are removed by the next, which asks whose the others are', async () => {
    const swept = deferred<[string, number]>();
    fixture.sandboxesInUse = new Set();
    await broker.start();
    const executor = fixture.createExecutor({
      broker: broker.address,
      onSwept: (...news) => swept.resolve(news),
    });
    const orphan = await endedSandbox();
    await executor.connect();
    expect(await swept.promise).toEqual([fixture.server.id, 1]);
    expect((await fixture.containers()).map(({ Id }) => Id)).not.toContain(orphan);
    await executor.disconnect();
  });
});

import { defaultResourceLimits } from '@cronium/server-types';
import { once } from 'node:events';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import type { ServerExecutor } from '../port';
import { ANSWER_MS } from './engine';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

const fixtures: EngineFixture[] = [];
const servers: Server[] = [];

function fixtureWith(...config: ConstructorParameters<typeof EngineFixture>): EngineFixture {
  const fixture = new EngineFixture(...config);
  fixtures.push(fixture);
  return fixture;
}

/** An executor of an engine at another address. */
function executorAt(fixture: EngineFixture, dockerHost: string): ServerExecutor {
  return fixture.createExecutor({ dockerHost });
}

/** Something that answers as an engine does, or does not. */
async function engineThat(answers: RequestListener): Promise<string> {
  const server = createServer(answers);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const execute = (executor: ServerExecutor) =>
  executor.executeScript(scriptRequest('echo'), new RecordingObserver(), never);

afterEach(async () => {
  jest.useRealTimers();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  // With the server gone, an executor that still waits for it hears so.
  await Promise.all(fixtures.splice(0).map((fixture) => fixture.dispose()));
});

describe.each(['job', 'shared'] as const)('An outage of a server with isolation %s', (isolation) => {
  it('when nothing answers at the address is engine_unavailable', async () => {
    const executor = executorAt(fixtureWith({ isolation }), 'unix:///nonexistent/docker.sock');
    await executor.connect();
    await expect(execute(executor)).rejects.toMatchObject({ code: 'engine_unavailable' });
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'engine_unavailable' },
    });
    await executor.disconnect();
  });

  it('when the engine has no space left is server_disk_full', async () => {
    const engine = await engineThat((request, response) => {
      const path = request.url?.split('?')[0];
      const create = path === '/containers/create';
      const unknown = request.method === 'GET' && path?.startsWith('/containers/');
      request.resume();
      response.writeHead(create ? 500 : unknown ? 404 : 200, { 'Content-Type': 'application/json' });
      const message = create
        ? 'mkdir /var/lib/docker/overlay2/1: no space left on device'
        : 'No such container: x';
      response.end(path === '/containers/json' ? '[]' : JSON.stringify({ message }));
    });
    const executor = executorAt(fixtureWith({ isolation }), engine);
    await expect(execute(executor)).rejects.toMatchObject({ code: 'server_disk_full' });
    expect(await executor.checkHealth()).toMatchObject({
      healthy: false,
      reason: { code: 'server_disk_full' },
    });
    await executor.disconnect();
  });

  it('when the engine hangs does not hang the job, nor the check, nor the disconnect', async () => {
    let asked: () => void = () => undefined;
    const engine = await engineThat(() => asked()); // and no answer, ever
    const executor = executorAt(fixtureWith({ isolation, pool: { size: 0, refillConcurrency: 1 } }), engine);
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
    const heard = new Promise<void>((resolve) => (asked = resolve));
    const running = expect(execute(executor)).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: expect.stringContaining('did not answer within 60 s'),
    });
    await heard;
    await jest.advanceTimersByTimeAsync(ANSWER_MS);
    await running;
    const checkHeard = new Promise<void>((resolve) => (asked = resolve));
    const check = executor.checkHealth();
    await checkHeard;
    await jest.advanceTimersByTimeAsync(ANSWER_MS);
    expect(await check).toMatchObject({ healthy: false, reason: { code: 'engine_unavailable' } });
    await executor.disconnect();
  });

  it('when the image is missing is image_missing, and over when the image is there', async () => {
    const tag = `missing-${Date.now()}`;
    const image = `cronium-test-${isolation}:${tag}`;
    const fixture = fixtureWith({ isolation, image });
    const executor = fixture.createExecutor();
    await executor.connect();
    await expect(execute(executor)).rejects.toMatchObject({ code: 'image_missing' });
    expect(await executor.checkHealth()).toMatchObject({ healthy: false, reason: { code: 'image_missing' } });

    await fixture.docker.getImage('cronium-executor:latest').tag({ repo: `cronium-test-${isolation}`, tag });
    try {
      expect(await executor.checkHealth()).toMatchObject({ healthy: true });
      expect(printed(await runScript(executor, 'echo back'))).toBe('back\n');
    } finally {
      await executor.disconnect();
      await fixture.dispose();
      await fixture.docker.getImage(image).remove();
    }
  });

  it('when the seccomp profile cannot be read is not blamed on the engine', async () => {
    const fixture = fixtureWith({ isolation });
    const executor = fixture.createExecutor({ seccompProfilePath: '/nonexistent/seccomp.json' });
    await expect(execute(executor)).rejects.toMatchObject({
      code: 'internal_error',
      message: expect.stringContaining('/nonexistent/seccomp.json'),
    });
    await executor.disconnect();
  });
});

it('The shared container is started again for the next job, and not for a measurement', async () => {
  const fixture = fixtureWith({ isolation: 'shared' });
  const executor = fixture.createExecutor();
  await executor.connect();
  const container = fixture.docker.getContainer(fixture.server.containerConfig.containerName);
  await container.kill();

  expect(await executor.getResourceUsage()).toMatchObject({
    activeJobs: 0,
    memory: { usedBytes: 0 },
    cpu: { usedPercent: 0 },
  });
  expect((await container.inspect()).State.Running).toBe(false);

  const [first, second] = await Promise.all([
    runScript(executor, 'echo one'),
    runScript(executor, 'echo two'),
  ]);
  expect([printed(first), printed(second)]).toEqual(['one\n', 'two\n']);
  await executor.disconnect();
  expect(await fixture.containers()).toEqual([]);
});

it('A shared container that was made elsewhere is used, and left', async () => {
  const fixture = fixtureWith({ isolation: 'shared', resourceLimits: defaultResourceLimits });
  const maker = fixture.createExecutor();
  await maker.connect();
  const executor = fixture.createExecutor();
  await executor.connect();
  expect(printed(await runScript(executor, 'echo used'))).toBe('used\n');
  await executor.disconnect();
  expect(await fixture.containers()).toHaveLength(1);
  await maker.disconnect();
  expect(await fixture.containers()).toEqual([]);
});

it('A shared container is removed when the jobs that were let go in it have been taken up again and ended', async () => {
  const fixture = fixtureWith({ isolation: 'shared' });
  const executor = fixture.createExecutor();
  await executor.connect();
  const observer = new RecordingObserver();
  const letGo = executor
    .executeScript(scriptRequest('echo ready; cronium_output 1'), observer, never)
    .catch((cause: unknown) => cause);
  observer.onHelperDo = () => new Promise(() => undefined);
  await observer.until(() => observer.helpers.length > 0);
  await executor.disconnect();
  await letGo;
  // It runs on.
  expect(await fixture.containers()).toHaveLength(1);

  const again = new RecordingObserver();
  const { end } = await executor.resumeScript({ ...observer.durableHandle, ackedSeq: 0 }, again, never);
  expect(end).toEqual({ kind: 'exit', code: 0 });
  expect(again.helpers).toHaveLength(1);
  await executor.disconnect();
});

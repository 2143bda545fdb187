import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';

import { describeServerExecutor } from '../../contract/describe-server-executor';
import { RecordingObserver } from '../../contract/recording-observer';
import { printed, runScript } from '../../contract/run-script';
import { never, scriptRequest } from '../../contract/script-request';
import { EngineFixture } from '../../container/engine-fixture';
import { OwnEngine } from '../../container/own-engine';
import { type RemoteBroker, dial } from '../broker-access';
import { RemoteBrokerFixture } from '../broker-fixture';
import { readLine, writeLine } from '../line-stream';
import { CutLine } from './cut-line';
import { joinBroker, leaveBroker } from './join-broker';
import { readJoinToken, writeJoinToken } from './join-token';
import { makeIdentity } from './tls-identity';

jest.setTimeout(60_000);

/** The other machine's: what runs there cannot be on this one's. */
let engine: OwnEngine;
beforeAll(async () => {
  await new EngineFixture().verify();
  engine = await OwnEngine.start();
});
afterAll(() => engine.remove());

describeServerExecutor('ContainerExecutor with a broker on another machine', async () => {
  const fixture = new EngineFixture({}, engine.host);
  const broker = new RemoteBrokerFixture(fixture);
  await broker.start();
  const joined = await broker.join();
  const server = { ...fixture.server, broker: joined };
  return {
    createExecutor: () => fixture.createExecutor({ dockerHost: undefined }, server),
    remains: (handle) => fixture.sandboxRemains(handle),
    dispose: async () => {
      await fixture.dispose();
      await broker.stop();
    },
  };
});

describe('A broker on another machine', () => {
  let fixture: EngineFixture;
  let broker: RemoteBrokerFixture;

  beforeEach(async () => {
    fixture = new EngineFixture({ pool: { size: 1, refillConcurrency: 1 } }, engine.host);
    broker = new RemoteBrokerFixture(fixture);
    await broker.start();
  });
  afterEach(async () => {
    await fixture.dispose();
    await broker.stop();
  });

  const ask = async (access: RemoteBroker, request: object): Promise<unknown> => {
    const socket = await dial(access);
    writeLine(socket, request);
    const answer: unknown = JSON.parse(await readLine(socket));
    socket.destroy();
    return answer;
  };
  const session = (installationId = fixture.installationId) => ({
    ...{ version: 1, request: 'session', installationId, serverId: fixture.server.id },
    ...{ config: fixture.server.containerConfig, warm: false },
  });
  const stranger = async (): Promise<RemoteBroker> => {
    const { fingerprint } = readJoinToken(await broker.giveToken()) ?? { fingerprint: '' };
    return { address: broker.address, fingerprint, identity: await makeIdentity('a stranger') };
  };
  const executor = (joined: RemoteBroker) =>
    fixture.createExecutor({ dockerHost: undefined }, { ...fixture.server, broker: joined });

  it('runs its jobs on its own engine, beside those of this one', async () => {
    const here = new EngineFixture({ pool: { size: 1, refillConcurrency: 1 } });
    const [there, local] = [executor(await broker.join()), here.createExecutor()];
    const running = [there, local].map(async (one, index) => {
      await one.connect();
      return runScript(one, `echo ${index}; grep -c . /proc/self/status > /dev/null`);
    });
    expect((await Promise.all(running)).map(printed)).toEqual(['0\n', '1\n']);
    expect(await fixture.containers()).not.toEqual([]);
    expect((await here.containers()).map(({ Id }) => Id)).not.toEqual(
      expect.arrayContaining((await fixture.containers()).map(({ Id }) => Id)),
    );
    await here.dispose();
  });

  it('lets nobody in without a join token, or with one of its own making', async () => {
    const [nobody, token] = [await stranger(), await broker.giveToken()];
    expect(await ask(nobody, session())).toMatchObject({ error: { code: 'not_joined' } });
    expect(await ask(nobody, { version: 1, request: 'health' })).toMatchObject({
      error: { code: 'not_joined' },
    });
    await expect(executor(nobody).checkHealth()).resolves.toMatchObject({
      healthy: false,
      reason: { code: 'broker_untrusted' },
    });
    const { fingerprint } = readJoinToken(token) ?? { fingerprint: '' };
    const made = writeJoinToken({ fingerprint, secret: 'ab'.repeat(24) });
    await expect(joinBroker(broker.address, made, 'one')).rejects.toThrow(/was used, has expired/);
    expect(await broker.store.list()).toEqual([]);
  });

  it('lets one Cronium in with a join token, until it expires', async () => {
    const token = await broker.giveToken();
    const tries = await Promise.allSettled(
      [1, 2, 3].map((one) => joinBroker(broker.address, token, `${one}`)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await broker.store.list()).toHaveLength(1);
    const late = joinBroker(broker.address, await broker.giveToken(-1), 'one');
    await expect(late).rejects.toMatchObject({
      field: 'joinToken',
      message: expect.stringMatching(/has expired/),
    });
  });

  it.each(['', 'cronium-join-1.', 'cronium-join-1.AAAA', 'ey.ab.cd'])(
    'takes %j for no join token',
    async (text) => {
      await expect(joinBroker(broker.address, text, 'one')).rejects.toMatchObject({ field: 'joinToken' });
    },
  );

  it('names the address where nobody answers', async () => {
    const token = await broker.giveToken();
    await broker.stop();
    const joining = joinBroker(broker.address, token, 'one');
    await expect(joining).rejects.toMatchObject({
      field: 'address',
      message: expect.stringMatching(/does not answer/),
    });
  });

  it('is told nothing by a client that knows another certificate', async () => {
    const other = new RemoteBrokerFixture(fixture);
    await other.start();
    const token = await broker.giveToken();
    await expect(joinBroker(other.address, token, 'one')).rejects.toThrow(/shows the certificate/);
    expect(other.requests).toEqual([]);
    const joined = await broker.join();
    const health = await executor({ ...joined, address: other.address }).checkHealth();
    expect(health).toMatchObject({ healthy: false, reason: { code: 'broker_untrusted' } });
    await other.stop();
  });

  it('serves a client its own installation, and its own sessions', async () => {
    const [joined, other] = [await broker.join(), await broker.join('another')];
    expect(await ask(joined, session('another'))).toMatchObject({ error: { code: 'not_allowed' } });
    const socket = await dial(joined);
    writeLine(socket, session());
    const { session: id } = JSON.parse(await readLine(socket)) as { session: string };
    expect(await ask(joined, { request: 'check', session: id })).toEqual({});
    expect(await ask(other, { request: 'check', session: id })).toMatchObject({
      error: { code: 'unknown_session' },
    });
    socket.destroy();
  });

  it('forgets who leaves', async () => {
    const joined = await broker.join();
    expect(await ask(joined, { version: 1, request: 'health' })).toMatchObject({ engine: 'up' });
    await leaveBroker(joined);
    expect(await ask(joined, { version: 1, request: 'health' })).toMatchObject({
      error: { code: 'not_joined' },
    });
  });

  it('keeps its certificate and its clients over a restart, and jobs go on', async () => {
    const one = executor(await broker.join());
    await one.connect();
    const observer = new RecordingObserver();
    const script = 'for n in $(seq 30); do echo $n; sleep 0.1; done';
    const running = one.executeScript(scriptRequest(script), observer, never);
    await observer.until(() => observer.outputs.length > 3);
    await broker.stop();
    await broker.start();
    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout).toBe(Array.from({ length: 30 }, (_, index) => `${index + 1}\n`).join(''));
  });

  it('is looked for anew when the line was cut without a word, and no line is lost', async () => {
    const line = await CutLine.start(broker.port);
    const one = executor({ ...(await broker.join()), address: line.address });
    await one.connect();
    const observer = new RecordingObserver();
    const script = 'for n in $(seq 40); do echo $n; sleep 1; done';
    const running = one.executeScript(scriptRequest(script), observer, never);
    await observer.until(() => observer.outputs.length > 1);
    line.cut();
    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout).toBe(Array.from({ length: 40 }, (_, index) => `${index + 1}\n`).join(''));
    line.close();
  }, 120_000);

  it('speaks TLS 1.3 and asks for a certificate', async () => {
    const joined = await broker.join();
    const options = { port: broker.port, host: '127.0.0.1', rejectUnauthorized: false };
    const { certificate: cert, privateKey: key } = joined.identity;
    const old = connect({ ...options, cert, key, maxVersion: 'TLSv1.2' });
    await expect(once(old, 'secureConnect')).rejects.toThrow(/version/i);
    const nameless = connect(options);
    await once(nameless, 'secureConnect');
    writeLine(nameless, { version: 1, request: 'health' });
    expect(JSON.parse(await readLine(nameless))).toMatchObject({ error: { code: 'not_joined' } });
    const silent = connectTcp(broker.port, '127.0.0.1');
    const plain = connectTcp(broker.port, '127.0.0.1');
    plain.write('{"version":1,"request":"health"}\n');
    await once(
      plain.on('error', () => undefined),
      'close',
    );
    expect(plain.bytesRead).toBeLessThan(100); // an alert, and nothing of ours
    await once(silent, 'close'); // who says nothing takes no place for long
  });
});

import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

/** The engine behind a connection that can be cut. */
class CuttableEngine {
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor() {
    this.server = createServer((client) => {
      const engine = connect('/var/run/docker.sock');
      for (const [one, other] of [
        [client, engine],
        [engine, client],
      ] as const) {
        this.sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.sockets.delete(one);
          other.end();
        });
        one.pipe(other);
      }
    });
  }

  async open(): Promise<string> {
    if (!this.server.listening) {
      this.server.listen(0, '127.0.0.1');
      await once(this.server, 'listening');
    }
    return `tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.sockets.forEach((socket) => socket.destroy());
  }

  close(): void {
    this.server.close();
    this.cut();
  }
}

describe.each(['job', 'shared'] as const)('A connection lost during a job with isolation %s', (isolation) => {
  const fixture = new EngineFixture({ isolation, pool: { size: 0, refillConcurrency: 1 } });
  const engine = new CuttableEngine();

  beforeAll(() => fixture.verify());
  afterAll(async () => {
    await fixture.dispose();
    engine.close();
  });

  it('is found again, and no line is lost or doubled', async () => {
    const executor = fixture.createExecutor({ dockerHost: await engine.open() });
    const observer = new RecordingObserver();
    let cuts = 0;
    observer.onOutputDo = () => {
      // In the midst of output, more than once.
      if (cuts < 3 && observer.bytes('stdout').length > cuts * 400_000) {
        cuts += 1;
        engine.cut();
      }
      return Promise.resolve();
    };
    const script = 'seq 1 100000; cronium_output done; seq 100001 200000; echo over >&2; exit 5';
    const result = await executor.executeScript(scriptRequest(script), observer, never);

    expect(cuts).toBe(3);
    expect(result.end).toEqual({ kind: 'exit', code: 5 });
    const expected = Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(observer.stdout === expected).toBe(true);
    expect(observer.stderr).toBe('over\n');
    expect(observer.calls.filter((call) => call === 'started' || call === 'handle')).toEqual([
      'handle',
      'started',
    ]);
    expect(observer.helpers).toHaveLength(1);
    await executor.disconnect();
  });

  it('loses no answer, and asks the observer once', async () => {
    const executor = fixture.createExecutor({ dockerHost: await engine.open() });
    const observer = new RecordingObserver();
    observer.onHelperDo = () => {
      // The answer goes into a connection that is no more.
      engine.cut();
      return Promise.resolve();
    };
    const record = await runScript(
      executor,
      scriptRequest('for n in 1 2 3; do cronium_output $n; done; echo over'),
      observer,
    );
    expect(printed(record)).toBe('over\n');
    expect(observer.helpers.map(({ params }) => params['value'])).toEqual([1, 2, 3]);
    await executor.disconnect();
  });

  it('does not outlive a runner that is gone', async () => {
    const executor = fixture.createExecutor();
    const observer = new RecordingObserver();
    const request = scriptRequest('echo on; sleep 600');
    const running = executor.executeScript(request, observer, never);
    const lost = expect(running).rejects.toMatchObject({ code: 'script_lost' });
    await observer.until(() => observer.outputs.length > 0);
    await fixture.docker.getContainer(observer.durableHandle.location['containerId'] ?? '').kill();
    await lost;
    expect(printed(await runScript(executor, 'echo and on'))).toBe('and on\n');
    await executor.disconnect();
  });
});

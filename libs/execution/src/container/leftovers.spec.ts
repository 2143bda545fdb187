import { RecordingObserver } from '../contract/recording-observer';
import { scriptRequest } from '../contract/script-request';
import { runInContainer } from './container-command';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

describe('What killed runners have left in a shared container', () => {
  const fixture = new EngineFixture({ isolation: 'shared', maxConcurrentJobs: 2 });
  const executor = fixture.createExecutor();

  beforeAll(() => fixture.verify());
  afterAll(() => fixture.dispose());

  const sh = async (script: string): Promise<string> => {
    const container = fixture.docker.getContainer(fixture.server.containerConfig.containerName);
    return runInContainer(container, ['/bin/sh', '-c', script]);
  };

  it('is removed, and a job that runs beside it is left alone', async () => {
    await executor.connect();
    const [observer, cancel] = [new RecordingObserver(), new AbortController()];
    const request = scriptRequest('cronium_output begun; while [ ! -e go ]; do sleep 0.05; done; echo whole');
    const running = executor.executeScript(request, observer, cancel.signal);
    await observer.until(() => observer.helpers.length > 0);
    const left = '/tmp/cronium-1000/left/w/work';
    await sh(
      `mkdir -p ${left}; head -c 2097152 /dev/urandom >${left}/data; touch -d '1 hour ago' /tmp/cronium-1000/*`,
    );
    expect(await executor.removeLeftovers()).toEqual({ workspaces: 1, bytes: 2097152 });
    expect(await sh('ls /tmp/cronium-1000')).not.toContain('left');
    await sh('for work in /tmp/cronium-1000/*/w/work; do touch "$work/go"; done');
    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout).toBe('whole\n');
  });
});

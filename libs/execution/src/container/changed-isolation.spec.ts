import type { Isolation } from '@cronium/server-types';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import { ContainerExecutor } from './container-executor';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

it.each<[Isolation, Isolation]>([
  ['job', 'namespace'],
  ['namespace', 'job'],
  ['namespace', 'shared'],
  ['shared', 'namespace'],
])('A job goes on when its server’s isolation is changed from %s to %s', async (before, after) => {
  const fixture = new EngineFixture({ isolation: before });
  await fixture.verify();
  const changed = { ...fixture.server.containerConfig, isolation: after };
  const successor = new ContainerExecutor({ ...fixture.server, containerConfig: changed }, fixture.context);
  try {
    const executor = fixture.createExecutor();
    await executor.connect();
    const observer = new RecordingObserver();
    observer.onHelperDo = () => new Promise(() => undefined);
    const letGo = executor
      .executeScript(scriptRequest('cronium_output 1; echo went on'), observer, never)
      .catch((cause: unknown) => cause);
    await observer.until(() => observer.helpers.length > 0);
    await executor.disconnect();
    await letGo;

    await successor.connect();
    expect(printed(await runScript(successor, 'echo new'))).toBe('new\n');
    const again = new RecordingObserver();
    const result = await successor.resumeScript({ ...observer.durableHandle, ackedSeq: 0 }, again, never);
    expect(result.end).toEqual({ kind: 'exit', code: 0 });
    expect(printed({ observer: again, result })).toBe('went on\n');
    expect(await fixture.sandboxRemains(observer.durableHandle)).toBe(false);
  } finally {
    await successor.disconnect();
    await fixture.dispose();
  }
});

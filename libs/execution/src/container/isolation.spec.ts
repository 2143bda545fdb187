import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import { deferred } from '../deferred';
import type { ContainerExecutor } from './container-executor';
import { jobName } from './container-spec';
import { describeFromInside } from './describe-from-inside';
import { EngineFixture } from './engine-fixture';

jest.setTimeout(60_000);

for (const isolation of ['job', 'namespace', 'shared'] as const) {
  describeFromInside({ isolation, runtime: 'runc' }, (config) => new EngineFixture(config));
}

describe('A job in a sandbox of its own', () => {
  const fixture = new EngineFixture({ isolation: 'job' });
  let executor: ContainerExecutor;

  beforeAll(async () => {
    await fixture.verify();
    executor = fixture.createExecutor();
    await executor.connect();
  });

  afterAll(async () => {
    await executor.disconnect();
    await fixture.dispose();
  });

  it('bears its job’s name while it runs', async () => {
    const request = scriptRequest('cronium_output ready');
    const observer = new RecordingObserver();
    const over = deferred<void>();
    observer.onHelperDo = () => over.promise;
    const running = runScript(executor, request, observer);
    await fixture.untilContainers((found) =>
      found.some(({ Names }) => Names[0] === `/${jobName(request.jobId)}`),
    );
    over.resolve();
    await running;
  });
});

describe.each(['job', 'namespace'] as const)('A job with isolation %s', (isolation) => {
  const fixture = new EngineFixture({ isolation });
  let executor: ContainerExecutor;

  beforeAll(async () => {
    await fixture.verify();
    executor = fixture.createExecutor();
    await executor.connect();
  });

  afterAll(async () => {
    await executor.disconnect();
    await fixture.dispose();
  });

  it('sees no process but the runner and its own', async () => {
    const outcome = printed(
      await runScript(
        executor,
        'for process in /proc/[0-9]*; do [ "${process#/proc/}" = $$ ] || cat "$process/comm"; done',
      ),
    );
    // The runner, or its part in the job's namespaces.
    expect(outcome).toBe(isolation === 'job' ? 'python3\n' : 'job-init\n');
  });

  it('reaches nothing of a job that runs beside it', async () => {
    const secret = 'neighbours-secret';
    const observer = new RecordingObserver();
    const over = deferred<void>();
    observer.onHelperDo = () => over.promise;
    const neighbour = runScript(
      executor,
      scriptRequest(
        'echo "$SECRET" > "$HOME/file"; cp "$HOME/file" /tmp/; cp "$HOME/file" /dev/shm/; cronium_output 1',
        {
          environment: { SECRET: secret },
        },
      ),
      observer,
    );
    await observer.until(() => observer.helpers.length > 0);
    const found = printed(
      await runScript(
        executor,
        `pattern=neighbours-secre
grep -rs "$pattern"'t' /tmp /dev/shm /proc/[0-9]*/environ /proc/[0-9]*/cmdline
ls /tmp | grep -vc "$(basename "\${CRONIUM_SOCKET%/*}")"
ipcs -a 2>/dev/null | grep -c 0x
true`,
      ),
    );
    over.resolve();
    await neighbour;
    expect(found).toBe('0\n0\n');
  });
});

describe('A job in a shared container', () => {
  const fixture = new EngineFixture({ isolation: 'shared' });
  let executor: ContainerExecutor;

  beforeAll(async () => {
    await fixture.verify();
    executor = fixture.createExecutor();
    await executor.connect();
  });

  afterAll(async () => {
    await executor.disconnect();
    await fixture.dispose();
  });

  it('has folders that only its user may enter', async () => {
    expect(
      printed(
        await runScript(
          executor,
          'stat -c "%a %u" "${CRONIUM_SOCKET%/*}" "${CRONIUM_SOCKET%/*/*}" "$HOME" "$TMPDIR"',
        ),
      ),
    ).toBe('700 1000\n'.repeat(4));
  });

  it('does not find its neighbour’s secrets in the runner', async () => {
    const observer = new RecordingObserver();
    const over = deferred<void>();
    observer.onHelperDo = () => over.promise;
    // The script itself has no copy: the runner answers `input`.
    const request = scriptRequest('cronium_output 1', { input: { secret: 'neighbours-secret' } });
    const neighbour = runScript(executor, request, observer);
    await observer.until(() => observer.helpers.length > 0);
    const found = printed(
      await runScript(
        executor,
        `runner=$(grep -las '${observer.handle?.location['runnerId'] ?? 'none'}' /proc/[0-9]*/cmdline | head -n 1)
for secret in environ mem maps; do head -c 1 "\${runner%/*}/$secret" >/dev/null 2>&1 && echo "read $secret"; done
echo "\${runner:+found}"`,
      ),
    );
    over.resolve();
    await neighbour;
    expect(found).toBe('found\n');
  });
});

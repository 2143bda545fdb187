import { RecordingObserver } from '../contract/recording-observer';
import { runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import { SshdFixture, type TestUser, commandLine, eventually } from './sshd-fixture';

jest.setTimeout(60_000);

/** Children that do not want to go: deaf to SIGTERM, in a session of their own, twice orphaned. */
const STUBBORN = `
trap '' TERM HUP
sleep 7101 &
(trap '' TERM; exec sleep 7102) &
setsid sh -c 'trap "" TERM HUP; sleep 7103' &
setsid setsid sh -c 'trap "" TERM HUP; (sleep 7104 &) ; sleep 7105' &
nohup sleep 7106 >/dev/null 2>&1 &
until [ "$(ps -eo args | grep -c '^sleep 710[1-6]')" -eq 6 ]; do :; done
echo ready
`;

describe('The whole process tree of a job on an ssh host', () => {
  let fixture: SshdFixture;
  let user: TestUser;

  beforeAll(async () => {
    fixture = await SshdFixture.start();
    user = await fixture.addUser();
  });
  afterAll(() => fixture.stop());

  const sleeping = () =>
    fixture
      .processes(user)
      .map(commandLine)
      .filter((line) => line.startsWith('sleep 710'));

  it('is killed by a cancel', async () => {
    const executor = fixture.createExecutor(user);
    const [observer, cancel] = [new RecordingObserver(), new AbortController()];
    const request = scriptRequest(`${STUBBORN}\nwhile :; do sleep 1; done`, { killGraceSeconds: 0.3 });
    const running = executor.executeScript(request, observer, cancel.signal);
    await observer.until(() => observer.stdout.includes('ready'));
    expect(sleeping()).toHaveLength(6);
    cancel.abort();
    expect((await running).end).toEqual({ kind: 'cancelled' });
    expect(sleeping()).toEqual([]);
    expect(await fixture.remains(user)).toBe(false);
    await executor.disconnect();
  });

  it('is killed at the timeout', async () => {
    const executor = fixture.createExecutor(user);
    const observer = new RecordingObserver();
    const request = scriptRequest(`${STUBBORN}\nwhile :; do sleep 1; done`, {
      timeoutSeconds: 3,
      killGraceSeconds: 0.3,
    });
    const { end } = await executor.executeScript(request, observer, new AbortController().signal);
    expect(end).toEqual({ kind: 'timeout' });
    expect(observer.stdout).toContain('ready');
    expect(sleeping()).toEqual([]);
    await executor.disconnect();
  });

  it('is killed when the script ends', async () => {
    const executor = fixture.createExecutor(user);
    const { end } = await executor.executeScript(
      scriptRequest(`${STUBBORN}\nexit 4`),
      new RecordingObserver(),
      new AbortController().signal,
    );
    expect(end).toEqual({ kind: 'exit', code: 4 });
    expect(sleeping()).toEqual([]);
    await executor.disconnect();
    expect(await eventually(() => fixture.processes(user).length === 0)).toBe(true);
  });

  it('goes with the executor, also a runner that was just being started ahead', async () => {
    for (const milliseconds of [0, 10, 20, 40, 60, 80, 120, 160, 240]) {
      const executor = fixture.createExecutor(user);
      await runScript(executor, 'true');
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      await executor.disconnect();
      expect(await eventually(() => fixture.processes(user).length === 0)).toBe(true);
    }
  });
});

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';

import { RecordingObserver } from '../contract/recording-observer';
import { printed, runScript } from '../contract/run-script';
import { never, scriptRequest } from '../contract/script-request';
import { SshdFixture, type TestUser, commandLine } from './sshd-fixture';

jest.setTimeout(120_000);

/** A network of its own, whose cable can be pulled: packets are dropped then, and nothing is refused. */
class Cable {
  readonly namespace = `cron-${randomBytes(3).toString('hex')}`;
  private readonly device = `cr${randomBytes(4).toString('hex')}`;
  private readonly net = 1 + ((randomBytes(1)[0] ?? 0) % 250);
  readonly here = `10.211.${this.net}.1`;
  readonly there = `10.211.${this.net}.2`;

  constructor() {
    ip(`netns add ${this.namespace}`);
    ip(`link add ${this.device} type veth peer name eth0 netns ${this.namespace}`);
    ip(`addr add ${this.here}/24 dev ${this.device}`);
    ip(`link set ${this.device} up`);
    ip(`-n ${this.namespace} addr add ${this.there}/24 dev eth0`);
    ip(`-n ${this.namespace} link set eth0 up`);
    ip(`-n ${this.namespace} link set lo up`);
  }

  /** Both ends go on believing in it. */
  pull(): void {
    ip(`-n ${this.namespace} link set eth0 down`);
  }

  plug(): void {
    ip(`-n ${this.namespace} link set eth0 up`);
  }

  remove(): void {
    ip(`netns del ${this.namespace}`);
  }
}

const ip = (words: string) => execFileSync('ip', words.split(' '));

describe('A host that vanishes', () => {
  let cable: Cable;
  let fixture: SshdFixture;
  let user: TestUser;

  beforeAll(async () => {
    cable = new Cable();
    fixture = await SshdFixture.start({ address: cable.there, namespace: cable.namespace });
    user = await fixture.addUser();
  });
  afterEach(() => cable.plug());
  afterAll(async () => {
    await fixture.stop();
    cable.remove();
  });

  const ticking = 'for i in $(seq 1 400); do echo "tick $i"; sleep 0.1; done; echo over';
  const ticks = Array.from({ length: 400 }, (_, i) => `tick ${i + 1}\n`).join('') + 'over\n';

  // Where a process takes long to start, as a sleep is one, they take more than their 40 s.
  const tickingRequest = () => scriptRequest(ticking, { timeoutSeconds: 110 });

  it('is noticed within 15 s, and the run goes on without a gap when it is back', async () => {
    const executor = fixture.createExecutor(user);
    const observer = new RecordingObserver();
    const running = executor.executeScript(tickingRequest(), observer, never);
    await observer.until(() => observer.outputs.length > 5);
    cable.pull();
    const pulledAt = performance.now();
    const usage: unknown = await executor.getResourceUsage().catch((cause: unknown) => cause);
    expect(usage).toMatchObject({ code: 'host_unreachable' });
    // The connection is given up in time; then a new one is tried, which takes its own time.
    expect(performance.now() - pulledAt).toBeLessThan(15_000 + 10_500);
    const heard = observer.outputs.length;
    cable.plug();
    await observer.until(() => observer.outputs.length > heard);

    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout === ticks).toBe(true);
    expect(observer.calls.filter((call) => call === 'started')).toHaveLength(1);
    await executor.disconnect();
  });

  it('gets a cancel when it is back, and the answer that it has not heard', async () => {
    const executor = fixture.createExecutor(user);
    const [observer, cancel] = [new RecordingObserver(), new AbortController()];
    let answer: (value: unknown) => void = () => undefined;
    observer.onHelperDo = () => new Promise((resolve) => (answer = resolve));
    const script = 'echo on; cronium_output 1; echo answered; sleep 600';
    const running = executor.executeScript(scriptRequest(script), observer, cancel.signal);
    await observer.until(() => observer.helpers.length > 0);
    cable.pull();
    // Into the dead connection.
    answer(null);
    await executor.getResourceUsage().catch(() => undefined);
    observer.onHelperDo = () => Promise.resolve(null);
    cable.plug();
    await observer.until(() => observer.stdout.includes('answered'));

    cable.pull();
    cancel.abort();
    await executor.getResourceUsage().catch(() => undefined);
    expect(fixture.processes(user).map(commandLine)).toContainEqual(expect.stringContaining('sleep 600'));
    cable.plug();
    expect((await running).end).toEqual({ kind: 'cancelled' });
    expect(fixture.processes(user).map(commandLine)).not.toContainEqual(expect.stringContaining('sleep 600'));
    await executor.disconnect();
  });

  it('loses its jobs when it stays away for longer than the server’s grace', async () => {
    const executor = fixture.createExecutor(user, { config: { graceSeconds: 15 } });
    const observer = new RecordingObserver();
    const running = executor.executeScript(tickingRequest(), observer, never);
    const lost = expect(running).rejects.toMatchObject({ code: 'script_lost' });
    await observer.until(() => observer.outputs.length > 2);
    cable.pull();
    const pulledAt = performance.now();
    await lost;
    const seconds = (performance.now() - pulledAt) / 1000;
    expect(seconds).toBeGreaterThan(10 + 11);
    expect(seconds).toBeLessThan(15 + 15 + 12);

    cable.plug();
    expect(printed(await runScript(executor, 'echo and on'))).toBe('and on\n');
    await executor.disconnect();
  });

  it('is waited for by a process that was started anew', async () => {
    const first = fixture.createExecutor(user);
    const before = new RecordingObserver();
    const letGo = first.executeScript(tickingRequest(), before, never).catch(() => undefined);
    await before.until(() => before.outputs.length > 2);
    await first.disconnect();
    await letGo;

    cable.pull();
    const second = fixture.createExecutor(user);
    const after = new RecordingObserver();
    const running = second.resumeScript(before.durableHandle, after, never);
    const usage: unknown = await second.getResourceUsage().catch((cause: unknown) => cause);
    expect(usage).toMatchObject({ code: 'host_unreachable' });
    cable.plug();
    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(before.stdout + after.stdout === ticks).toBe(true);
    await second.disconnect();
  });

  it('that restarts sshd, or has its connections cut, loses no line', async () => {
    const executor = fixture.createExecutor(user);
    const observer = new RecordingObserver();
    const script = 'seq 1 60000; sleep 1; cronium_output done; seq 60001 120000; exit 5';
    const running = executor.executeScript(scriptRequest(script), observer, never);
    await observer.until(() => observer.outputs.length > 0);
    await fixture.stopListening();
    await fixture.listen();
    expect((await running).end).toEqual({ kind: 'exit', code: 5 });
    const expected = Array.from({ length: 120_000 }, (_, index) => `${index + 1}\n`).join('');
    expect(observer.stdout === expected).toBe(true);
    await executor.disconnect();
    expect(await fixture.remains(user)).toBe(false);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { RecordingObserver } from '../contract/recording-observer';
import { runScript } from '../contract/run-script';
import { scriptRequest } from '../contract/script-request';
import { SshdFixture, type TestUser, commandLine, eventually } from './sshd-fixture';

jest.setTimeout(60_000);

const MIB = 1024 * 1024;

describe('What killed runners have left on an ssh host', () => {
  let fixture: SshdFixture;
  let user: TestUser;

  beforeAll(async () => {
    fixture = await SshdFixture.start();
  });
  beforeEach(async () => {
    user = await fixture.addUser();
  });
  afterAll(() => fixture.stop());

  const root = () => join('/tmp', `cronium-${user.uid}`);
  const runnersOf = (kind: string) =>
    fixture.processes(user).filter((pid) => commandLine(pid).includes(`cronium-runner ${kind}`));
  const age = (folder: string) => {
    const then = Date.now() / 1000 - 3600;
    utimesSync(folder, then, then);
  };
  const ageAll = () => readdirSync(root()).forEach((name) => age(join(root(), name)));
  /** As a runner leaves it whose host lost its power in the middle of a job. */
  const leave = (name: string) => {
    const folder = join(root(), name);
    mkdirSync(join(folder, 'w/work/closed'), { recursive: true });
    writeFileSync(join(folder, 'w/work/data'), Buffer.alloc(2 * MIB, 1));
    writeFileSync(join(folder, 'w/work/closed/file'), 'x');
    for (const path of ['', 'w', 'w/work', 'w/work/closed', 'w/work/data', 'w/work/closed/file'])
      chownSync(join(folder, path), user.uid, user.uid);
    // The script has closed it to itself.
    chmodSync(join(folder, 'w/work/closed'), 0);
    return folder;
  };

  it('is removed, with what it held, and nothing that a link in it leads to', async () => {
    const executor = fixture.createExecutor(user);
    await runScript(executor, 'true');
    const kept = join(user.home, 'kept');
    writeFileSync(kept, 'x');
    const old = [leave('one'), leave('two')];
    symlinkSync(user.home, join(old[0] ?? '', 'w/work/link'));
    old.forEach(age);
    const young = leave('young');
    const { workspaces, bytes } = await executor.removeLeftovers();
    expect(workspaces).toBe(2);
    expect(bytes).toBeGreaterThanOrEqual(4 * MIB);
    expect(bytes).toBeLessThan(5 * MIB);
    expect(old.some(existsSync)).toBe(false);
    expect([young, kept].every(existsSync)).toBe(true);
    expect(await executor.removeLeftovers()).toEqual({ workspaces: 0, bytes: 0 });
    rmSync(young, { recursive: true });
    await executor.disconnect();
  });

  it('is never what a runner lives in, however old: neither one with a job nor one that waits', async () => {
    const executor = fixture.createExecutor(user);
    await executor.connect();
    const [observer, cancel] = [new RecordingObserver(), new AbortController()];
    const request = scriptRequest('cronium_output begun; while [ ! -e go ]; do sleep 0.05; done; echo whole');
    const running = executor.executeScript(request, observer, cancel.signal);
    await observer.until(() => observer.helpers.length > 0);
    expect(await eventually(() => readdirSync(root()).length === 2)).toBe(true);
    ageAll();
    expect(await executor.removeLeftovers()).toEqual({ workspaces: 0, bytes: 0 });
    const jobs = readdirSync(root()).filter((name) => existsSync(join(root(), name, 'w/script/script.sh')));
    writeFileSync(join(root(), jobs[0] ?? '', 'w/work/go'), '');
    expect((await running).end).toEqual({ kind: 'exit', code: 0 });
    expect(observer.stdout).toBe('whole\n');
    await executor.disconnect();
  });

  it('is neither what somebody holds locked, nor where there is a socket: one of both is enough', async () => {
    const executor = fixture.createExecutor(user);
    await runScript(executor, 'true');
    const [locked, met] = [leave('locked'), leave('met')];
    // As a runner in another network namespace is seen, and one of a version that locks nothing.
    const lock = spawn('flock', [locked, 'sh', '-c', 'echo held; read _'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(lock.stdout, 'data');
    const socket = createServer().listen(join(met, 'r'));
    await once(socket, 'listening');
    [locked, met].forEach(age);
    expect(await executor.removeLeftovers()).toEqual({ workspaces: 0, bytes: 0 });
    lock.stdin.end();
    await once(lock, 'exit');
    // As the power of the host, which leaves the socket’s file behind.
    renameSync(join(met, 'r'), join(met, 'kept'));
    socket.close();
    await once(socket, 'close');
    [locked, met].forEach(age);
    expect((await executor.removeLeftovers()).workspaces).toBe(2);
    await executor.disconnect();
  });

  it('is left as long as a script goes on that has lost its runner, and removed then', async () => {
    const executor = fixture.createExecutor(user);
    const [observer, cancel] = [new RecordingObserver(), new AbortController()];
    const request = scriptRequest('cronium_output begun; exec sleep 7301');
    const running = executor.executeScript(request, observer, cancel.signal).catch((error: unknown) => error);
    await observer.until(() => observer.helpers.length > 0);
    const sleeping = () => fixture.processes(user).filter((pid) => commandLine(pid).startsWith('sleep 7301'));
    expect(await eventually(() => sleeping().length === 1)).toBe(true);
    const [folder = ''] = readdirSync(root()).filter((name) =>
      existsSync(join(root(), name, 'w/script/script.sh')),
    );
    // Only its own runner is its parent.
    runnersOf('launch').forEach((pid) => process.kill(pid, 'SIGKILL'));
    await running;
    ageAll();
    await executor.removeLeftovers();
    expect(readdirSync(root())).toContain(folder);
    sleeping().forEach((pid) => process.kill(pid, 'SIGKILL'));
    expect(await eventually(() => sleeping().length === 0)).toBe(true);
    expect((await executor.removeLeftovers()).workspaces).toBeGreaterThanOrEqual(1);
    expect(readdirSync(root())).not.toContain(folder);
    await executor.disconnect();
  });
});

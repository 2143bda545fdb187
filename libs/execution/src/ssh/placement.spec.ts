import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { RUNNER_FOLDERS } from '../contract/runner-folders';
import { printed, runScript } from '../contract/run-script';
import { type RunnerFiles, readRunnerFiles } from '../runner/runner-files';
import { SshdFixture, type TestUser } from './sshd-fixture';

jest.setTimeout(60_000);

describe('The runner’s copy on a host', () => {
  let fixture: SshdFixture;
  let user: TestUser;
  let files: RunnerFiles;
  const root = () => join(user.home, '.cache/cronium');
  const copy = () => join(root(), files.version);
  const mounts: string[] = [];

  beforeAll(async () => {
    fixture = await SshdFixture.start();
    files = await readRunnerFiles(RUNNER_FOLDERS);
  });
  beforeEach(async () => {
    user = await fixture.addUser();
    fixture.warnings.splice(0);
  });
  afterEach(() => mounts.splice(0).forEach((path) => execFileSync('umount', ['-l', path])));
  afterAll(() => fixture.stop());

  const run = async (script = 'cronium_input') => {
    const executor = fixture.createExecutor(user);
    try {
      return await runScript(executor, script);
    } finally {
      await executor.disconnect();
    }
  };
  const works = async () => expect(printed(await run())).toBe('null\n');
  const own = (path: string) => chownSync(path, user.uid, user.uid);

  it('is made once, whole, and closed to others', async () => {
    await works();
    expect(statSync(copy()).mode & 0o777).toBe(0o700);
    const made = statSync(join(copy(), 'runner.py'));
    expect([made.mode & 0o777, made.uid]).toEqual([0o600, user.uid]);
    await works();
    expect(statSync(join(copy(), 'runner.py')).ino).toBe(made.ino);
    expect(readdirSync(root())).toEqual([files.version]);
  });

  it('is made once by several that need it at one time', async () => {
    const executors = Array.from({ length: 6 }, () => fixture.createExecutor(user));
    const runs = await Promise.all(executors.map((executor) => runScript(executor, 'cronium_input')));
    expect(runs.map(printed)).toEqual(Array(6).fill('null\n'));
    await Promise.all(executors.map((executor) => executor.disconnect()));
    expect(readdirSync(root())).toEqual([files.version]);
  });

  it.each<[string, () => void, RegExp]>([
    ['was changed', () => writeFileSync(join(copy(), 'runner.py'), 'print("evil")'), /has been changed/],
    [
      'has a changed helper',
      () => writeFileSync(join(copy(), 'runtime-helpers/cronium.sh'), ''),
      /has been changed/,
    ],
    ['is not whole', () => rmSync(join(copy(), 'runtime-helpers/python/cronium.py')), /^$/],
    [
      'may be written by others',
      () => chmodSync(join(copy(), 'runner.py'), 0o666),
      /may be written by others/,
    ],
    ['is in a folder that others may write', () => chmodSync(copy(), 0o770), /may be written by others/],
    [
      'belongs to another user',
      () => {
        chownSync(join(copy(), 'runner.py'), 0, 0);
        chmodSync(join(copy(), 'runner.py'), 0o644);
      },
      /belongs to another user/,
    ],
    [
      'is a link',
      () => {
        rmSync(join(copy(), 'runner.py'));
        symlinkSync(join(RUNNER_FOLDERS.runner, 'program/runner.py'), join(copy(), 'runner.py'));
      },
      /./,
    ],
    [
      'is in a folder that is a link',
      () => {
        execFileSync('mv', [copy(), join(user.home, 'elsewhere')]);
        symlinkSync(join(user.home, 'elsewhere'), copy());
      },
      /not a folder/,
    ],
  ])('is replaced, and the operator told, when it %s', async (_, spoil, reason) => {
    await works();
    spoil();
    await works();
    expect(statSync(join(copy(), 'runner.py')).uid).toBe(user.uid);
    if (reason.source !== '^$') {
      expect(fixture.warnings).toEqual([expect.objectContaining({ reason: expect.stringMatching(reason) })]);
    }
    await works();
    expect(readdirSync(root())).toEqual([files.version]);
  });

  it.each<[string, () => void, RegExp]>([
    ['belongs to another user', () => mkdirSync(root(), { recursive: true }), /belongs to another user/],
    [
      'is a link',
      () => {
        mkdirSync(join(user.home, '.cache'));
        mkdirSync(join(user.home, 'target'));
        own(join(user.home, '.cache'));
        own(join(user.home, 'target'));
        symlinkSync(join(user.home, 'target'), root());
      },
      /is not a folder/,
    ],
    [
      'may be written by others',
      () => {
        mkdirSync(root(), { recursive: true });
        own(join(user.home, '.cache'));
        own(root());
        chmodSync(root(), 0o777);
      },
      /may be written by others/,
    ],
  ])('is not made where the folder for it %s', async (_, spoil, reason) => {
    spoil();
    await expect(run()).rejects.toMatchObject({
      code: 'runner_unavailable',
      message: expect.stringMatching(reason),
    });
  });

  it('cannot be made in a home that is read-only', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'ro', 'tmpfs', user.home]);
    mounts.push(user.home);
    await expect(run()).rejects.toMatchObject({
      code: 'runner_unavailable',
      message: expect.stringMatching(/Read-only file system|Permission denied/),
    });
  });

  it('cannot be made in a home that belongs to somebody else', async () => {
    chownSync(user.home, 0, 0);
    chmodSync(user.home, 0o755);
    await expect(run()).rejects.toMatchObject({
      code: 'runner_unavailable',
      message: expect.stringContaining('Permission denied'),
    });
  });

  it('cannot be made on a full disk, and nothing is left of the try', async () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=32k,uid=${user.uid},mode=700`, 'tmpfs', user.home]);
    mounts.push(user.home);
    await expect(run()).rejects.toMatchObject({ code: 'server_disk_full' });
    expect(readdirSync(root())).toEqual([]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'does not run a job for whose folder there is no room (%i files)',
    async (inodes) => {
      const jobs = join('/tmp', `cronium-${user.uid}`);
      mkdirSync(jobs, { mode: 0o700 });
      const options = `nr_inodes=${inodes},uid=${user.uid},mode=700`;
      execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', jobs]);
      mounts.push(jobs);
      await expect(run('echo')).rejects.toMatchObject({ code: 'server_disk_full' });
      expect(readdirSync(jobs)).toEqual([]);
    },
  );

  it('does not use a folder for jobs that another user made first', async () => {
    const jobs = join('/tmp', `cronium-${user.uid}`);
    mkdirSync(jobs, { mode: 0o777 });
    await expect(run()).rejects.toMatchObject({
      code: 'runner_unavailable',
      message: expect.stringContaining(jobs),
    });
  });

  it('of a version that nobody used for a month is removed', async () => {
    const month = Date.now() / 1000 - 32 * 24 * 3600;
    await works();
    for (const [name, at] of [
      ['old', month],
      ['young', month + 10 * 24 * 3600],
    ] as const) {
      mkdirSync(join(root(), name));
      own(join(root(), name));
      utimesSync(join(root(), name), at, at);
    }
    rmSync(copy(), { recursive: true });
    await works();
    expect(readdirSync(root()).sort()).toEqual([files.version, 'young'].sort());
    expect(existsSync(join(root(), 'old'))).toBe(false);
  });
});

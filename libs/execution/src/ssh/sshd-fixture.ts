import { type HostKey, type SshConfig, sshConfigSchema } from '@cronium/server-types';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { RUNNER_FOLDERS } from '../contract/runner-folders';
import type { ExecutorContext } from '../create-server-executor';
import { deferred } from '../deferred';
import { hostKeyOf } from './host-key';
import { generateSshKey } from './private-key';
import { SshExecutor } from './ssh-executor';
import type { SshCredentials, SshServer } from './ssh-server';

const execute = promisify(execFile);
const SSHD = '/usr/sbin/sshd';
/** Two tests that add users at one time would find the password file locked. */
const USERS_LOCK = join(tmpdir(), 'cronium-test-users.lock');
const GONE_MS = 10_000;

/** A throw-away user of this machine. */
export interface TestUser {
  readonly name: string;
  readonly uid: number;
  readonly home: string;
  readonly password: string;
}

export interface SshdOptions {
  /** More lines of sshd_config; the first of a keyword counts, and these come first. */
  readonly config?: readonly string[];
  readonly address?: string;
  /** Runs sshd in this network namespace. */
  readonly namespace?: string;
  /** Commands that are not to be found on the host. */
  readonly hidden?: readonly string[];
}

/** For tests: Debian's sshd with keys, configuration and users of its own, on a loopback port. Needs root. */
export class SshdFixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'cronium-sshd-'));
  readonly users: TestUser[] = [];
  readonly offered: { serverId: string; key: HostKey }[] = [];
  readonly warnings: object[] = [];
  readonly context: ExecutorContext = {
    installationId: 'test',
    dockerHost: undefined,
    broker: undefined,
    seccompProfilePath: '',
    runnerFolders: RUNNER_FOLDERS,
    onSwept: () => undefined,
    onHostKeyOffered: (serverId, key) => this.offered.push({ serverId, key }),
    sandboxesInUse: (ids) => Promise.resolve(new Set(ids)),
    logger: {
      debug: () => undefined,
      info: () => undefined,
      warn: (fields) => this.warnings.push(fields),
      error: () => undefined,
    },
  };
  port = 0;
  log = '';
  private privateKey = '';
  private publicKey = '';
  private sshd: ChildProcess | undefined;

  private constructor(private readonly options: SshdOptions) {}

  static async start(options: SshdOptions = {}): Promise<SshdFixture> {
    const fixture = new SshdFixture(options);
    await fixture.prepare();
    await fixture.listen();
    return fixture;
  }

  get address(): string {
    return this.options.address ?? '127.0.0.1';
  }

  /** The host's public key of a kind, as a person would approve it. */
  hostKey(kind: 'ed25519' | 'rsa' | 'ecdsa' = 'ed25519'): HostKey {
    const [, blob = ''] = readFileSync(join(this.folder, `host_${kind}.pub`), 'utf8').split(' ');
    return hostKeyOf(Buffer.from(blob, 'base64'));
  }

  /** Adds a user who may sign in with this fixture's key. */
  async addUser(shell = '/bin/bash'): Promise<TestUser> {
    const name = `cron-${randomBytes(5).toString('hex')}`;
    const home = join(this.folder, 'home', name);
    const password = randomBytes(9).toString('base64url');
    await asOnly('useradd', ['--create-home', '--home-dir', home, '--shell', shell, name]);
    const set = execute('flock', [USERS_LOCK, 'chpasswd']);
    set.child.stdin?.end(`${name}:${password}\n`);
    await set;
    writeFileSync(join(this.folder, 'keys', name), `${this.publicKey}\n`);
    const user = { name, uid: statSync(home).uid, home, password };
    this.users.push(user);
    return user;
  }

  /** Lets a user sign in with another key, too. */
  authorize(user: TestUser, publicKey: string): void {
    writeFileSync(join(this.folder, 'keys', user.name), `${this.publicKey}\n${publicKey}\n`);
  }

  /** This sshd as a server of ours. */
  server(
    user: TestUser,
    changes: Partial<Omit<SshServer, 'type' | 'sshConfig'>> & { config?: Partial<SshConfig> } = {},
  ): SshServer {
    const { config, ...rest } = changes;
    const credentials: SshCredentials = { kind: 'private_key', privateKey: this.privateKey };
    return {
      id: randomUUID(),
      type: 'ssh',
      sshConfig: sshConfigSchema.parse({
        host: this.address,
        port: this.port,
        username: user.name,
        authentication: 'key',
        ...config,
      }),
      hostKey: this.hostKey(),
      credentials,
      jump: null,
      ...rest,
    };
  }

  createExecutor(user: TestUser, changes?: Parameters<SshdFixture['server']>[1]): SshExecutor {
    return new SshExecutor(this.server(user, changes), this.context);
  }

  /** Whether anything of any job is left, when there was time to remove it. A runner that waits for a job has none. */
  async remains(user: TestUser): Promise<boolean> {
    const folder = join('/tmp', `cronium-${user.uid}`);
    const isWaiting = (name: string) =>
      existsSync(join(folder, name, 'w/helper.sock')) &&
      !readdirSync(join(folder, name, 'w/script')).some((file) => file.startsWith('script.'));
    return !(await eventually(() => readdirSync(folder).every(isWaiting)));
  }

  /** Pids of a user's processes, without those of sshd. */
  processes(user: TestUser): number[] {
    // One that has ended, and that init has not collected yet, has no command line.
    return pidsOf(user.uid).filter((pid) => !/^(sshd|$)/.test(commandLine(pid)));
  }

  /** Ends sshd and every session. */
  async stopListening(): Promise<void> {
    const { sshd } = this;
    if (sshd && sshd.exitCode === null && sshd.signalCode === null) {
      sshd.kill('SIGTERM');
      await once(sshd, 'exit');
    }
    for (const pid of this.users.flatMap(({ uid }) => pidsOf(uid))) {
      if (commandLine(pid).startsWith('sshd')) {
        kill(pid);
      }
    }
  }

  /** Makes a new host key, as a host that was set up anew has. */
  async changeHostKey(): Promise<void> {
    await this.stopListening();
    for (const kind of ['ed25519', 'rsa', 'ecdsa']) {
      rmSync(join(this.folder, `host_${kind}`));
      await this.makeHostKey(kind);
    }
    await this.listen();
  }

  async listen(): Promise<void> {
    this.port ||= await freePort();
    writeFileSync(join(this.folder, 'sshd_config'), this.configuration());
    mkdirSync('/run/sshd', { recursive: true });
    const { namespace, hidden = [] } = this.options;
    const command = [SSHD, '-D', '-e', '-f', join(this.folder, 'sshd_config')];
    const masks = hidden
      .flatMap((name) => [`/usr/bin/${name}`, `/usr/local/bin/${name}`, `/bin/${name}`])
      .filter(existsSync)
      .map((path) => `mount --bind /dev/null "$(readlink -f ${path})" && `);
    const whole = namespace
      ? ['ip', 'netns', 'exec', namespace, ...command]
      : masks.length > 0
        ? ['unshare', '--mount', 'sh', '-c', `${masks.join('')}exec ${command.join(' ')}`]
        : command;
    const sshd = spawn(whole[0] ?? SSHD, whole.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
    this.sshd = sshd;
    const ready = deferred<void>();
    sshd.stderr.on('data', (data: Buffer) => {
      this.log += data.toString();
      if (this.log.includes('Server listening on')) {
        ready.resolve();
      }
    });
    sshd.on('exit', () => ready.reject(new Error(`sshd did not start: ${this.log}`)));
    this.log = '';
    await ready.promise;
  }

  async stop(): Promise<void> {
    await this.stopListening();
    for (const user of this.users) {
      for (const pid of pidsOf(user.uid)) {
        kill(pid);
      }
      workspacesOf(user.uid).forEach((folder) => rmSync(folder, { recursive: true, force: true }));
      await asOnly('userdel', ['--force', user.name]).catch(() => undefined); // a warning about a mail folder is one, too
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async prepare(): Promise<void> {
    if (!existsSync(SSHD) || process.getuid?.() !== 0) {
      throw new Error(
        'These tests need root and Debian’s openssh-server, fish, tcsh and iproute2. `npm test` installs them.',
      );
    }
    // sshd and the users look into it.
    chmodSync(this.folder, 0o755);
    mkdirSync(join(this.folder, 'keys'));
    mkdirSync(join(this.folder, 'home'));
    for (const kind of ['ed25519', 'rsa', 'ecdsa']) {
      await this.makeHostKey(kind);
    }
    ({ privateKey: this.privateKey, publicKey: this.publicKey } = await generateSshKey('test'));
  }

  private async makeHostKey(kind: string): Promise<void> {
    await execute('ssh-keygen', ['-q', '-t', kind, '-N', '', '-f', join(this.folder, `host_${kind}`)]);
  }

  private configuration(): string {
    return [
      ...(this.options.config ?? []),
      `Port ${this.port}`,
      `ListenAddress ${this.address}`,
      ...['ed25519', 'rsa', 'ecdsa'].map((kind) => `HostKey ${join(this.folder, `host_${kind}`)}`),
      'PidFile none',
      'UsePAM no',
      'PasswordAuthentication yes',
      'KbdInteractiveAuthentication no',
      `AuthorizedKeysFile ${join(this.folder, 'keys')}/%u`,
      'StrictModes no',
      'MaxStartups 200',
      'LogLevel INFO',
      '',
    ].join('\n');
  }
}

/** One at a time over all test processes. */
const asOnly = (command: string, args: string[]) => execute('flock', [USERS_LOCK, command, ...args]);

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Asks again until it holds, or for ten seconds: what another process does sends no event here. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + GONE_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) {
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return true;
}

/** Of jobs with the runner, and of those without: whoever would have removed them was ended with sshd. */
function workspacesOf(uid: number): string[] {
  return readdirSync('/tmp')
    .filter((name) => name.startsWith('cronium-'))
    .filter(
      (name) =>
        name === `cronium-${uid}` || statSync(join('/tmp', name), { throwIfNoEntry: false })?.uid === uid,
    )
    .map((name) => join('/tmp', name));
}

export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended meanwhile
  }
}

function pidsOf(uid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return statSync(`/proc/${pid}`).uid === uid || userOf(pid) === uid;
      } catch {
        return false; // it ended meanwhile
      }
    });
}

/** /proc/<pid> of a process that conceals itself belongs to root. */
function userOf(pid: number): number | undefined {
  const uid = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return uid === undefined ? undefined : Number(uid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended meanwhile
  }
}

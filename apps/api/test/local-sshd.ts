import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A command as it was sent, or a shell without a profile. */
const plainShell =
  'if [ -n "$SSH_ORIGINAL_COMMAND" ]; then exec bash -c "$SSH_ORIGINAL_COMMAND"; else exec bash --noprofile --norc -i; fi';

/** Debian's sshd on a loopback port, for this user alone, with a host key and an authorized_keys of its own. */
export class LocalSshd {
  readonly host = '127.0.0.1';
  readonly username = userInfo().username;
  port = 0;
  private readonly folder = mkdtempSync(join(tmpdir(), 'cronium-api-sshd-'));
  private daemon: ChildProcess | undefined;

  static async start(): Promise<LocalSshd> {
    const sshd = new LocalSshd();
    sshd.port = await freePort();
    writeFileSync(join(sshd.folder, 'authorized_keys'), '', { mode: 0o600 });
    await sshd.renewHostKey();
    return sshd;
  }

  /** As after the host was set up anew: another key, on the same address. */
  async renewHostKey(): Promise<void> {
    await this.end();
    const key = join(this.folder, 'host_key');
    rmSync(key, { force: true });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key], { input: 'y\n' });
    const config = [
      `ListenAddress ${this.host}`,
      `Port ${this.port}`,
      `HostKey ${key}`,
      `AuthorizedKeysFile ${join(this.folder, 'authorized_keys')}`,
      `PidFile none`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      // The runner's copy goes where the test can take it away; SHLVL keeps bash from reading .bashrc for a command.
      `SetEnv SHLVL=2 LANG=C.UTF-8 XDG_CACHE_HOME=${join(this.folder, 'cache')}`,
      // Not what this machine's user has in its profile: that may be slow, and what it locks may stay locked when a session is hung up.
      `ForceCommand ${plainShell}`,
    ];
    writeFileSync(join(this.folder, 'sshd_config'), `${config.join('\n')}\n`);
    await this.resume();
  }

  /** The host goes down, with its connections: nothing answers at its address until it is resumed. */
  async pause(): Promise<void> {
    await this.end();
  }

  /** The same host as before is back; nothing when it is not away. */
  async resume(): Promise<void> {
    if (this.isUp) return;
    // Debian's sshd wants it, and makes it only when it runs as a service.
    mkdirSync('/run/sshd', { recursive: true });
    this.daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(this.folder, 'sshd_config')], {
      stdio: 'ignore',
    });
    await this.answers();
  }

  /** As `ssh-keygen -lf` prints it on the host. */
  fingerprint(): string {
    const line = execFileSync('ssh-keygen', ['-lf', join(this.folder, 'host_key.pub')], { encoding: 'utf8' });
    return line.split(' ')[1] ?? '';
  }

  authorize(publicKey: string): void {
    appendFileSync(join(this.folder, 'authorized_keys'), `${publicKey}\n`);
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async end(): Promise<void> {
    if (!this.daemon || !this.isUp) return;
    const exited = once(this.daemon, 'exit');
    // Stopped first: a connection that it accepts meanwhile would have a session that nobody ends.
    this.daemon.kill('SIGSTOP');
    // Its sessions would outlive it, and so would their connections.
    const sessions = childrenOf(this.daemon.pid);
    for (const pid of sessions) process.kill(pid);
    this.daemon.kill('SIGKILL');
    await exited;
    while (sessions.some(isAlive)) await delay(5);
  }

  private get isUp(): boolean {
    return this.daemon !== undefined && this.daemon.exitCode === null && this.daemon.signalCode === null;
  }

  private async answers(): Promise<void> {
    for (;;) {
      if (this.daemon?.exitCode != null) throw new Error('sshd did not start; is openssh-server installed?');
      const socket = connect(this.port, this.host);
      const opened = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (opened) return;
      await delay(20);
    }
  }
}

function childrenOf(parent: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => statOf(name)[1] === String(parent))
    .map(Number);
}

/** One that has ended, and that nobody asked how, holds no connection. */
function isAlive(pid: number): boolean {
  const [state] = statOf(String(pid));
  return state !== undefined && state !== 'Z';
}

/** State, parent and so on of a process: what follows `pid (name, which may hold blanks and brackets)`. Empty when there is none. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

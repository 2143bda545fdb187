import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from './product';

/** A command as it was sent, or a shell without a profile. */
const plainShell =
  'if [ -n "$SSH_ORIGINAL_COMMAND" ]; then exec bash -c "$SSH_ORIGINAL_COMMAND"; else exec bash --noprofile --norc -i; fi';

/** Debian's sshd on a loopback port, for this user, with keys of its own. */
export class Sshd {
  readonly host = '127.0.0.1';
  readonly username = userInfo().username;

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly daemon: ChildProcess,
  ) {}

  static async start(): Promise<Sshd> {
    const folder = mkdtempSync(join(tmpdir(), 'cronium-e2e-sshd-'));
    const port = await freePort();
    const [key, authorized, config] = ['host_key', 'authorized_keys', 'sshd_config'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    writeFileSync(authorized, '', { mode: 0o600 });
    const lines = [
      ...['ListenAddress 127.0.0.1', `Port ${port}`, `HostKey ${key}`, `AuthorizedKeysFile ${authorized}`],
      ...['PidFile none', 'StrictModes no', 'UsePAM no', 'PasswordAuthentication no', 'PermitRootLogin yes'],
      // SHLVL keeps bash from reading .bashrc for a command.
      `SetEnv SHLVL=2 LANG=C.UTF-8 XDG_CACHE_HOME=${join(folder, 'cache')}`,
      // Not what this machine's user has in its profile: that may be slow, and what it locks may stay locked when a session is hung up.
      `ForceCommand ${plainShell}`,
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    // Debian's sshd wants it, and makes it only when it runs as a service.
    mkdirSync('/run/sshd', { recursive: true });
    const daemon = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', config], { stdio: 'ignore' });
    while (!(await answers(port))) await delay(20);
    return new Sshd(port, folder, daemon);
  }

  authorize(publicKey: string): void {
    appendFileSync(join(this.folder, 'authorized_keys'), `${publicKey}\n`);
  }

  async stop(): Promise<void> {
    this.daemon.kill();
    await once(this.daemon, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const opened = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return opened;
}

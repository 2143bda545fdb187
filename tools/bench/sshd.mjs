import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { run } from '../lib/command.mjs';
import { freePort } from './product.mjs';

/** Several sshd instances on loopback ports, and one throw-away user of this machine who may sign in at all of them. Needs root. */
export class SshdFarm {
  folder = mkdtempSync(path.join(tmpdir(), 'cronium-bench-ssh-'));
  user = `cron-${randomBytes(5).toString('hex')}`;
  key = path.join(this.folder, 'key');
  /** @type {number[]} */
  ports = [];
  /** @type {import('node:child_process').ChildProcess[]} */
  #children = [];

  /** @param {number} count */
  static async start(count) {
    const farm = new SshdFarm();
    try {
      await farm.#start(count);
    } catch (error) {
      await farm.stop();
      throw error;
    }
    return farm;
  }

  get privateKey() {
    return readFileSync(this.key, 'utf8');
  }

  async #start(/** @type {number} */ count) {
    chmodSync(this.folder, 0o755);
    mkdirSync('/run/sshd', { recursive: true });
    await run('useradd', [
      '--create-home',
      '--home-dir',
      path.join(this.folder, 'home'),
      '--shell',
      '/bin/bash',
      this.user,
    ]);
    // sshd lets nobody in whose account is locked, which is how useradd leaves it.
    await run('usermod', ['--password', '*', this.user]);
    for (const file of [this.key, path.join(this.folder, 'host')])
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
    for (let index = 0; index < count; index += 1) await this.#listen();
  }

  async #listen() {
    const port = await freePort();
    const file = path.join(this.folder, `sshd_config_${port}`);
    const options = {
      ...{ Port: port, ListenAddress: '127.0.0.1', HostKey: path.join(this.folder, 'host'), PidFile: 'none' },
      ...{ AuthorizedKeysFile: `${this.key}.pub`, UsePAM: 'no', StrictModes: 'no', MaxStartups: 200 },
    };
    writeFileSync(
      file,
      Object.entries(options)
        .map(([name, value]) => `${name} ${value}\n`)
        .join(''),
    );
    const child = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#children.push(child);
    await new Promise((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (data) => {
        said += data;
        if (said.includes('Server listening on')) resolve(undefined);
      });
      child.on('exit', () => reject(new Error(`sshd did not start: ${said}`)));
    });
    this.ports.push(port);
  }

  /** Arguments of `ssh` over one connection that stays open, at the first sshd. */
  controlMaster() {
    const options = {
      ...{ ControlMaster: 'auto', ControlPersist: 600, ControlPath: path.join(this.folder, 'master') },
      ...{
        StrictHostKeyChecking: 'no',
        UserKnownHostsFile: '/dev/null',
        LogLevel: 'QUIET',
        IdentitiesOnly: 'yes',
      },
    };
    const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
    return [...words, '-i', this.key, '-p', String(this.ports[0]), `${this.user}@127.0.0.1`];
  }

  async stop() {
    for (const child of this.#children) child.kill('SIGTERM');
    const uid = ownerOf(path.join(this.folder, 'home'));
    if (uid) {
      for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry)))
        if (uidOf(name) === uid) process.kill(Number(name), 'SIGKILL');
      await run('userdel', ['--force', this.user]);
      rmSync(`/tmp/cronium-${uid}`, { recursive: true, force: true });
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function ownerOf(/** @type {string} */ folder) {
  try {
    return statSync(folder).uid;
  } catch {
    return undefined; // it was not come to
  }
}

/** Real user id of a process; undefined when it has ended meanwhile. */
function uidOf(/** @type {string} */ pid) {
  try {
    return Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

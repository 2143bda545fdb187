import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { capture, run, systemEnvironment } from '../lib/command.mjs';
import { descendantsOf, processes } from '../lib/processes.mjs';

/** A Docker engine of our own, beside the machine's, which may be killed. Its containers have no network: so it needs none. Needs root. */
export class ChaosEngine {
  #folder;
  #runsc;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #daemon;

  /**
   * @param {string} folder
   * @param {{ runsc?: string }} [options] runsc: gVisor's program, for an engine that knows it
   */
  constructor(folder, { runsc } = {}) {
    this.#folder = folder;
    this.#runsc = runsc;
  }

  get host() {
    return `unix://${path.join(this.#folder, 'docker.sock')}`;
  }

  /** Starts it, with the executor image of the machine's engine. */
  async create() {
    mkdirSync(this.#folder, { recursive: true });
    await this.start();
    await run('sh', ['-c', `docker save cronium-executor:latest | DOCKER_HOST=${this.host} docker load -q`]);
  }

  async start() {
    const file = (/** @type {string} */ name) => path.join(this.#folder, name);
    for (const pid of ['docker.pid', 'exec/containerd/containerd.pid']) rmSync(file(pid), { force: true });
    const log = openSync(file('log'), 'a');
    writeFileSync(file('daemon.json'), JSON.stringify(configuration(this.#runsc)));
    this.#daemon = spawn(
      'unshare',
      [
        // `--bridge none` removes a bridge docker0, which is the machine's engine's: there is none in a network of its own.
        ...['--net', 'dockerd', '--config-file', file('daemon.json')],
        ...['--host', this.host, '--data-root', file('data'), '--exec-root', file('exec')],
        ...['--pidfile', file('docker.pid'), '--bridge', 'none', '--iptables=false', '--ip-masq=false'],
      ],
      { env: systemEnvironment(), detached: true, stdio: ['ignore', log, log] },
    );
    for (let tries = 0; !(await this.#answers()); tries += 1) {
      if (this.#daemon.exitCode !== null || tries > 300)
        throw new Error(`dockerd did not start: ${file('log')}`);
      await delay(100);
    }
  }

  /** As when it crashes: its containers, which have no live-restore, are gone when it comes back. */
  async kill() {
    await this.#end('SIGKILL');
  }

  async remove() {
    const env = { ...systemEnvironment(), DOCKER_HOST: this.host };
    const { stdout } = await capture('docker', ['ps', '-aq'], { env });
    const ids = stdout.split('\n').filter(Boolean);
    if (ids.length > 0) await capture('docker', ['rm', '-f', ...ids], { env });
    await this.#end('SIGTERM');
    this.#killLeftOvers();
    // What it had mounted is gone with it; a mount that is left would be emptied with the folder.
    await capture('sh', [
      '-c',
      `mount | awk '$3 ~ "^${this.#folder}/" {print $3}' | sort -r | xargs -r umount -l`,
    ]);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Shims of a containerd that was killed live on with their containers, when its successor did not take them over. */
  #killLeftOvers() {
    const all = processes();
    const shims = all.filter(({ command }) => command.includes(`${this.#folder}/`));
    for (const { pid } of shims.flatMap((shim) => [...descendantsOf(shim.pid, all), shim])) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    }
  }

  async #end(/** @type {NodeJS.Signals} */ signal) {
    const daemon = this.#daemon;
    if (!daemon || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exited = once(daemon, 'exit');
    if (signal === 'SIGKILL') process.kill(-daemon.pid, signal);
    else daemon.kill(signal);
    await exited;
  }

  async #answers() {
    const { code } = await capture('docker', ['version'], {
      env: { ...systemEnvironment(), DOCKER_HOST: this.host },
    });
    return code === 0;
  }
}

/** As docs/operations/gvisor.md says it. */
function configuration(/** @type {string | undefined} */ runsc) {
  if (runsc === undefined) return {};
  return {
    runtimes: {
      runsc: { path: runsc, runtimeArgs: ['--platform=systrap', '--network=none', '--oci-seccomp'] },
    },
  };
}

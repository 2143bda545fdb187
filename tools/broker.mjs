import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { signalGroup, splitLines } from './lib/command.mjs';
import { readableLogLine } from './lib/log-line.mjs';
import { fromRoot, root } from './lib/paths.mjs';

const main = fromRoot('dist/apps/broker/main.js');
const restartMs = 1_000;
const stopTimeoutMs = 20_000;

/**
 * Of no account on the machine (Debian leaves these numbers to local use), so that the broker is nobody else: it may read its own files, and
 * open the engine's socket by that one's group.
 */
const brokerUid = 61_840;

/** The sandbox broker as a child process, started again when it ends by itself. It has the engine's socket; the API comes to it. */
export class Broker {
  #child;
  #folder;
  #isStopping = false;
  #loop;

  /**
   * @param {string} node24
   * @param {Record<string, string | undefined>} env
   */
  constructor(node24, env) {
    this.#folder = mkdtempSync(path.join(os.tmpdir(), 'cronium-broker-'));
    const identity = ownIdentity(node24, env.DOCKER_HOST);
    if (identity) chownSync(this.#folder, identity.uid, identity.gid);
    this.#loop = this.#keepRunning(node24, env, identity);
  }

  /** As CRONIUM_BROKER takes it. */
  get address() {
    return `unix://${path.join(this.#folder, 'socket')}`;
  }

  /** Of the process that runs now. */
  get pid() {
    return this.#child.pid;
  }

  async #keepRunning(node24, env, identity) {
    while (!this.#isStopping) {
      this.#start(node24, env, identity);
      const [code, signal] = await once(this.#child, 'exit');
      if (this.#isStopping) break;
      console.error(
        `The sandbox broker ended by itself: ${signal ?? `exit code ${code}`}. It is started again.`,
      );
      await delay(restartMs);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #start(node24, env, identity) {
    this.#child = spawn(node24, [main, '--with-parent'], {
      cwd: root,
      detached: true,
      // It ends with this tool, however that ends: its standard input does.
      stdio: ['pipe', 'pipe', 'pipe'],
      ...identity,
      env: {
        ...{ PATH: env.PATH, DOCKER_HOST: env.DOCKER_HOST, CRONIUM_DATA_DIR: env.CRONIUM_DATA_DIR },
        ...brokerVariables(env),
        CRONIUM_BROKER_LISTEN: this.address,
        CRONIUM_SECCOMP_PROFILE:
          env.CRONIUM_SECCOMP_PROFILE || fromRoot('docker/executor/seccomp-profile.json'),
        // Of each request it writes a line, which is more than a terminal is for.
        CRONIUM_LOG_LEVEL: env.CRONIUM_LOG_LEVEL || 'warn',
      },
    });
    splitLines(this.#child.stdout, (line) => {
      const readable = readableLogLine(line);
      if (readable !== undefined) console.log(readable);
    });
    splitLines(this.#child.stderr, (line) => console.error(line));
  }

  /** Ends it; resolves when it has removed what serves no job. */
  async stop() {
    this.#isStopping = true;
    const force = setTimeout(() => this.kill(), stopTimeoutMs);
    this.#child.kill('SIGTERM');
    await this.#loop;
    clearTimeout(force);
  }

  kill() {
    this.#isStopping = true;
    signalGroup(this.#child, 'SIGKILL');
  }
}

/** What an operator says of the broker reaches it, and nothing else of the environment does. */
function brokerVariables(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('CRONIUM_BROKER_')));
}

/**
 * A user of its own and the group of the engine's socket; undefined where this tool is not root, where the engine is elsewhere, or where such
 * a user cannot read the program (a clone in /root): then it runs as who started it.
 */
function ownIdentity(node24, dockerHost) {
  const socket = dockerHost ? /^unix:\/\/(.+)/.exec(dockerHost)?.[1] : '/var/run/docker.sock';
  if (process.getuid?.() !== 0 || socket === undefined) return undefined;
  try {
    const { gid, mode } = statSync(socket);
    if ((mode & 0o060) !== 0o060 || gid === 0) return undefined;
    const identity = { uid: brokerUid, gid };
    const check = `require('node:fs').accessSync(${JSON.stringify(main)});require('pino')`;
    const { status } = spawnSync(node24, ['-e', check], { ...identity, cwd: root, env: {}, stdio: 'ignore' });
    return status === 0 ? identity : undefined;
  } catch {
    return undefined; // no engine on this machine: there is nothing to keep the API from
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { apiArguments } from './lib/api-process.mjs';
import { signalGroup, splitLines } from './lib/command.mjs';
import { readableLogLine } from './lib/log-line.mjs';
import { fromRoot, root } from './lib/paths.mjs';

const stopTimeoutMs = 20_000;

/** Where the product listens, as the environment says. */
export const address = () => ({
  host: process.env.HOST || '127.0.0.1',
  port: Number(process.env.PORT || 5001),
});

/** @throws {Error} when something else listens there already */
export async function requireFreePort() {
  const { host, port } = address();
  const probe = net.createServer().listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    if (error.code !== 'EADDRINUSE') throw new Error(`Cannot listen on ${host}:${port}: ${error.message}`);
    throw new Error(
      `Port ${port} is taken by another program. End it, or choose another: PORT=${port + 1} npm start`,
    );
  } finally {
    probe.close();
  }
}

/** The built product as a child process. It brings its own database when DATABASE_URL is not set. */
export class Server {
  #child;
  #ended;

  /**
   * @param {string} node24
   * @param {Record<string, string | undefined>} env
   * @param {string} broker address of the sandbox broker
   */
  constructor(node24, env, broker) {
    // A process group of its own: Ctrl-C reaches this tool only, which then ends everything in order.
    this.#child = spawn(node24, apiArguments(), {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...env,
        CRONIUM_BROKER: broker,
        // The engine is the broker's alone.
        DOCKER_HOST: undefined,
        // Ctrl-C leaves nothing behind, so what runs is ended rather than left to a successor. Empty counts as unset.
        CRONIUM_ON_SHUTDOWN: env.CRONIUM_ON_SHUTDOWN || 'end_jobs',
        CRONIUM_WEB_ROOT: env.CRONIUM_WEB_ROOT || fromRoot('dist/apps/web/browser'),
        CRONIUM_RUNNER_DIR: env.CRONIUM_RUNNER_DIR || fromRoot('libs/execution/src/runner'),
        CRONIUM_HELPERS_DIR: env.CRONIUM_HELPERS_DIR || fromRoot('docker/executor/runtime-helpers'),
      },
    });
    splitLines(this.#child.stdout, (line) => {
      const readable = readableLogLine(line);
      if (readable !== undefined) console.log(readable);
    });
    splitLines(this.#child.stderr, (line) => console.error(line));
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      // What a crashed server left running, such as its database, is in its group.
      signalGroup(this.#child, 'SIGKILL');
      return { code, signal };
    });
  }

  /** Settles with how the process ended. */
  get ended() {
    return this.#ended;
  }

  /** @returns {Promise<boolean>} true once it answers that it is ready, false when it ended before */
  async ready() {
    let hasEnded = false;
    void this.#ended.then(() => (hasEnded = true));
    while (!hasEnded) {
      if (await isReady()) return true;
      await delay(50);
    }
    return false;
  }

  /** Asks it to end, and ends it by force when it takes too long. */
  async stop() {
    const force = setTimeout(() => this.kill(), stopTimeoutMs);
    this.#child.kill('SIGTERM');
    await this.#ended;
    clearTimeout(force);
  }

  /** Ends it and everything in its process group at once. */
  kill() {
    signalGroup(this.#child, 'SIGKILL');
  }
}

function isReady() {
  const { host, port } = address();
  return new Promise((resolve) => {
    const url = { host, port, path: '/api/health/ready', timeout: 2000, agent: false };
    const request = http.get(url, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false)); // not listening yet
  });
}

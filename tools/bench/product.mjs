import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { capture } from '../lib/command.mjs';
import { fromRoot, root } from '../lib/paths.mjs';

const localExecution = '019abe00-0000-7000-8000-000000000001';

/** The built product with an empty data folder of its own, and a signed-in administrator. */
export class Product {
  #child;
  #data;
  #base;
  #token = '';

  /** @param {string} node24 @param {Record<string, string | undefined>} env */
  static async start(node24, env) {
    const product = new Product(node24, env, await freePort());
    await product.#ready();
    return product;
  }

  constructor(node24, env, port) {
    this.#data = mkdtempSync(path.join(tmpdir(), 'cronium-bench-'));
    this.#base = `http://127.0.0.1:${port}/api`;
    const password = randomBytes(12).toString('hex');
    this.password = password;
    this.#child = spawn(node24, [fromRoot('dist/apps/api/main.js')], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...{ PATH: env.PATH, HOME: env.HOME, DOCKER_HOST: env.DOCKER_HOST },
        ...{ PORT: String(port), CRONIUM_DATA_DIR: this.#data, CRONIUM_ADMIN_PASSWORD: password },
        ...{ CRONIUM_LOG_LEVEL: 'warn', CRONIUM_ON_SHUTDOWN: 'end_jobs' },
      },
    });
  }

  async #ready() {
    for (;;) {
      const answer = await fetch(`${this.#base}/health/ready`).catch(() => undefined);
      const checks = answer?.ok ? (await answer.json()).checks : undefined;
      if (checks?.localExecution.status === 'up') break;
      if (this.#child.exitCode !== null) throw new Error('The product ended while it started.');
      await delay(100);
    }
    const credentials = { email: 'admin@cronium.local', password: this.password };
    this.#token = (await this.post('/auth/login', credentials)).accessToken;
  }

  /** @returns {Promise<any>} the answer's JSON; rejects on any error status */
  async post(route, body) {
    return this.#send('POST', route, body);
  }

  async get(route) {
    return this.#send('GET', route);
  }

  async #send(method, route, body) {
    const headers = { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' };
    const answer = await fetch(this.#base + route, { method, headers, body: body && JSON.stringify(body) });
    const json = await answer.json();
    if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${json.detail}`);
    return json;
  }

  /** Bytes of the raw log, as a stream. */
  async rawLog(jobId) {
    const headers = { authorization: `Bearer ${this.#token}` };
    return (await fetch(`${this.#base}/jobs/${jobId}/log/raw`, { headers })).body;
  }

  /** @returns {Promise<string>} the new event's id */
  async createEvent(details) {
    return (await this.post('/events', { type: 'BASH', ...details })).id;
  }

  /** Changes the configuration of Local Execution. */
  configure(containerConfig) {
    return this.#send('PATCH', `/servers/${localExecution}`, { containerConfig });
  }

  /** Resolves when as many sandboxes are warm as the pool holds. */
  async poolIsWarm(size) {
    while ((await this.sandboxes()).filter((name) => name.startsWith('cronium-warm-')).length < size)
      await delay(50);
    // The newest ones may still be starting their runner.
    await delay(400);
  }

  /** Names of the sandboxes on the engine. */
  async sandboxes() {
    const { stdout } = await capture('docker', ['ps', '--filter', 'name=cronium-', '--format', '{{.Names}}']);
    return stdout.split('\n').filter(Boolean);
  }

  /** Highest resident memory of the API process so far, in MiB (VmHWM of proc(5)). */
  peakMemoryMb() {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  async stop() {
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    rmSync(this.#data, { recursive: true, force: true });
  }
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

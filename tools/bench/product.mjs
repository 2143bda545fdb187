import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { apiArguments, apiMain } from '../lib/api-process.mjs';
import { capture } from '../lib/command.mjs';
import { exchange } from '../lib/exchange.mjs';
import { root } from '../lib/paths.mjs';

const localExecution = '019abe00-0000-7000-8000-000000000001';

/** A process of the built product and a signed-in administrator; with an empty data folder of its own unless it joins another. */
export class Product {
  #child;
  #data;
  #leader;
  #base;
  #token = '';

  /**
   * @param {string} node24
   * @param {Record<string, string | undefined>} env
   * @param {{ main?: string, leader?: Product, environment?: Record<string, string> }} [options] what is started; the process whose
   *   installation it joins, with that one's database; further variables
   */
  static async start(node24, env, options = {}) {
    const product = new Product(node24, env, await freePort(), options);
    await product.#ready();
    return product;
  }

  constructor(node24, env, port, { main = apiMain, leader, environment = {} }) {
    this.#leader = leader;
    this.#data = leader?.#data ?? mkdtempSync(path.join(tmpdir(), 'cronium-bench-'));
    this.#base = `http://127.0.0.1:${port}/api`;
    const password = leader?.password ?? randomBytes(12).toString('hex');
    this.password = password;
    this.#child = spawn(node24, apiArguments(main), {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        ...{ PATH: env.PATH, HOME: env.HOME, DOCKER_HOST: env.DOCKER_HOST },
        ...{ PORT: String(port), CRONIUM_DATA_DIR: this.#data, CRONIUM_ADMIN_PASSWORD: password },
        ...{ CRONIUM_LOG_LEVEL: 'warn', CRONIUM_ON_SHUTDOWN: 'end_jobs' },
        ...(leader ? { DATABASE_URL: leader.databaseUrl } : {}),
        ...environment,
      },
    });
  }

  /** Connection string of the embedded database, read where the product keeps it (embedded-postgres.ts). */
  get databaseUrl() {
    const password = readFileSync(path.join(this.#data, 'postgres/password'), 'utf8').trim();
    const port = this.#postmaster()[3].trim();
    return `postgres://cronium:${password}@127.0.0.1:${port}/postgres`;
  }

  /** Of the first process of the embedded database. */
  get postgresPid() {
    return Number(this.#postmaster()[0]);
  }

  #postmaster() {
    return readFileSync(path.join(this.#data, 'postgres/data/postmaster.pid'), 'utf8').split('\n');
  }

  async #ready() {
    for (;;) {
      const answer = await fetch(`${this.#base}/health/ready`).catch(() => undefined);
      const checks = answer?.ok ? (await answer.json()).checks : undefined;
      if (checks?.localExecution.status === 'up') break;
      if (this.#child.exitCode !== null) throw new Error('The product ended while it started.');
      await delay(100);
    }
    await this.signIn('admin@cronium.local', this.password);
  }

  /** From here on requests are made as this user. */
  async signIn(email, password) {
    this.#token = (await this.post('/auth/login', { email, password })).accessToken;
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
    const { status, text } = await exchange(this.#base + route, { method, headers }, body);
    const json = JSON.parse(text);
    if (status >= 400) throw new Error(`${method} ${route}: ${status} ${json.detail}`);
    return json;
  }

  /** A signed-in socket of the namespace `/realtime`. @param {typeof import('socket.io-client').io} io */
  async socket(io) {
    const address = `${this.#base.slice(0, -'/api'.length)}/realtime`;
    const socket = io(address, { auth: { token: this.#token }, transports: ['websocket'] });
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject));
    return socket;
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

  /** Of the API's process. */
  get pid() {
    return this.#child.pid;
  }

  /** Highest resident memory of the API process so far, in MiB (VmHWM of proc(5)). */
  peakMemoryMb() {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Seconds of processor time so far, in user and kernel mode (utime and stime of proc(5), in ticks of 10 ms). */
  cpuSeconds() {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  async stop() {
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    if (!this.#leader) rmSync(this.#data, { recursive: true, force: true });
  }
}

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

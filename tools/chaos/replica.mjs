import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { freePort } from '../bench/product.mjs';
import { apiArguments } from '../lib/api-process.mjs';
import { root } from '../lib/paths.mjs';

/** One process of the product, with all roles. */
export class Replica {
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  #options;
  #log;
  port = 0;

  /** @param {{ name: string, folder: string, node24: string, env: Record<string, string> }} options */
  constructor(options) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#log = openSync(path.join(options.folder, `${options.name}.log`), 'a');
  }

  get name() {
    return this.#options.name;
  }

  get url() {
    return `http://127.0.0.1:${this.port}/api`;
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start() {
    const { name, folder, node24, env } = this.#options;
    this.port ||= await freePort();
    this.#child = spawn(node24, apiArguments(), {
      cwd: root,
      stdio: ['ignore', this.#log, this.#log],
      env: { ...env, PORT: String(this.port), CRONIUM_DATA_DIR: path.join(folder, name) },
    });
  }

  async isReady() {
    while (this.isRunning) {
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await delay(100);
    }
    throw new Error(`${this.name} ended while it started; its log is in ${this.#options.folder}.`);
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child?.kill(signal);
  }

  /** @param {NodeJS.Signals} signal resolves when it is gone */
  async end(signal) {
    if (!this.#child || !this.isRunning) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
  }
}

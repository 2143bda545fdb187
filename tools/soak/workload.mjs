import { setTimeout as delay } from 'node:timers/promises';

import { judgeJob } from './accounting.mjs';
import { kindOf, kinds } from './kinds.mjs';

const waitSeconds = 60;
/** After so long a job that has not ended is a fault, and the soak goes on. */
const patienceMs = 5 * 60_000;
/** Entries of a log that are asked for: more than any of these jobs writes. */
const logEntries = 5000;
/** Of so many triggers one is sent twice, as a program does whose answer was lost. */
const repeatEvery = 25;

/** Share of each block of jobs that each isolation gets with `mixed`, in this order: containers a job are what an engine is slowest at. */
const mixed = [
  { isolation: 'job', share: 0.05 },
  { isolation: 'shared', share: 0.05 },
  { isolation: 'namespace', share: 0.9 },
];

/** Asks for jobs with bounded concurrency, follows each to its end, and looks at what became of it. */
export class Workload {
  #client;
  #concurrency;
  #isolation;
  #serverId = '';
  /** By name of their kind. @type {Map<string, string>} */
  #eventIds = new Map();
  /** @type {import('./accounting.mjs').Account[]} */
  accounts = [];
  /** Jobs that were cancelled. */
  cancelled = 0;

  /** @param {import('./client.mjs').Client} client @param {{ concurrency: number, isolation: string }} options */
  constructor(client, { concurrency, isolation }) {
    this.#client = client;
    this.#concurrency = concurrency;
    this.#isolation = isolation;
  }

  /** The events, and as many places on Local Execution as jobs are asked for at one time. */
  async prepare() {
    const { items } = await this.#client.get('/servers');
    this.#serverId = items.find(({ isSystemManaged }) => isSystemManaged).id;
    await this.#configure({ maxConcurrentJobs: this.#concurrency });
    for (const { name, event } of kinds)
      this.#eventIds.set(name, (await this.#client.post('/events', { name, ...event })).id);
  }

  /**
   * The next jobs. How they are kept apart is changed while jobs run, as an administrator may.
   * @param {number} count
   * @param {(done: number) => void} onEnd hears of each end
   */
  async run(count, onEnd) {
    const first = this.accounts.length;
    const changes = this.#changes(count);
    let next = 0;
    let done = 0;
    /** @type {Promise<unknown>} */
    let configured = Promise.resolve();
    const worker = async () => {
      while (next < count) {
        const index = next++;
        const isolation = changes.get(index);
        if (isolation) configured = this.#configure({ isolation });
        await configured;
        this.accounts[first + index] = await this.#account(first + index);
        onEnd(++done);
      }
    };
    await Promise.all(Array.from({ length: this.#concurrency }, worker));
  }

  /** Which isolation begins with which job of a block. @returns {Map<number, string>} */
  #changes(/** @type {number} */ count) {
    if (this.#isolation !== 'mixed') return new Map([[0, this.#isolation]]);
    let begin = 0;
    const changes = new Map();
    for (const { isolation, share } of mixed) {
      changes.set(Math.round(begin), isolation);
      begin += count * share;
    }
    return changes;
  }

  #configure(/** @type {object} */ containerConfig) {
    return this.#client.patch(`/servers/${this.#serverId}`, { containerConfig });
  }

  /** @returns {Promise<import('./accounting.mjs').Account>} */
  async #account(/** @type {number} */ number) {
    const kind = kindOf(number);
    if (kind.isCancelled) this.cancelled += 1;
    const name = `Job ${number}, ${kind.name}`;
    let executionId = 'unknown';
    try {
      const { execution, faults } = await this.#runToEnd(number, kind);
      executionId = execution.id;
      const log = await this.#client.get(`/jobs/${execution.jobs[0].id}/log?limit=${logEntries}`);
      const judged = judgeJob({ number, expected: kind.expected(number), execution, log });
      return { name, executionId, faults: [...faults, ...judged] };
    } catch (error) {
      return { name, executionId, faults: [error.message] };
    }
  }

  async #runToEnd(/** @type {number} */ number, /** @type {import('./kinds.mjs').Kind} */ kind) {
    const route = `/events/${this.#eventIds.get(kind.name)}/run`;
    const trigger = { input: number, idempotencyKey: `soak-${number}` };
    const end = performance.now() + patienceMs;
    if (kind.isCancelled) {
      const { id } = await this.#client.post(route, trigger);
      await this.#until(id, end, ({ state }) => state !== 'queued' && state !== 'starting');
      await this.#client.post(`/executions/${id}/cancel`);
      return { execution: await this.#until(id, end, hasEnded), faults: [] };
    }
    const isRepeated = number % repeatEvery === 0;
    const asked = Array.from({ length: isRepeated ? 2 : 1 }, () =>
      this.#client.post(`${route}?wait=${waitSeconds}`, trigger),
    );
    const [execution, again = execution] = await Promise.all(asked);
    return {
      execution: hasEnded(execution) ? execution : await this.#until(execution.id, end, hasEnded),
      faults: again.id === execution.id ? [] : [`Triggered twice with one key, it ran twice: ${again.id}.`],
    };
  }

  /** Asks seldom: asking would be most of the work otherwise. */
  async #until(id, end, isThere) {
    for (let pause = 50; ; pause = Math.min(1000, pause * 1.5)) {
      const execution = await this.#client.get(`/executions/${id}`);
      if (isThere(execution)) return execution;
      if (performance.now() > end) throw new Error(`It is ${execution.state} and has not ended.`);
      await delay(pause);
    }
  }
}

const hasEnded = (/** @type {{ endedAt: string | null }} */ { endedAt }) => endedAt !== null;

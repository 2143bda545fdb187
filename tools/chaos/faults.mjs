import { setTimeout as delay } from 'node:timers/promises';

/**
 * @typedef {object} Parts
 * @property {readonly import('./replica.mjs').Replica[]} replicas
 * @property {import('./postgres.mjs').ChaosPostgres} postgres
 * @property {import('./engine.mjs').ChaosEngine | undefined} engine
 * @property {import('./random.mjs').Random} random
 * @property {number} longestOutageSeconds of the database
 *
 * @typedef {object} Fault
 * @property {string} name
 * @property {(parts: Parts) => Promise<void>} happen
 */

/** @returns {Fault[]} what may happen, the likely ones more than once */
export function faultsFor(/** @type {Parts} */ { engine }) {
  const common = [
    killReplica,
    killReplica,
    killReplica,
    restartReplica,
    freezeReplica,
    crashPostgres,
    stopPostgres,
  ];
  return engine ? [...common, killEngine] : common;
}

/** @type {Fault} */
const killReplica = {
  name: 'kill -9 of a replica',
  async happen({ replicas, random }) {
    const replica = random.pick(replicas);
    await replica.end('SIGKILL');
    await delay(random.between(0, 4000));
    await replica.start();
  },
};

/** @type {Fault} */
const restartReplica = {
  name: 'graceful restart of a replica',
  async happen({ replicas, random }) {
    const replica = random.pick(replicas);
    await replica.end('SIGTERM');
    await replica.start();
  },
};

/** @type {Fault} longer than the others believe in it */
const freezeReplica = {
  name: 'a replica that stands still',
  async happen({ replicas, random }) {
    const replica = random.pick(replicas);
    replica.signal('SIGSTOP');
    await delay(random.between(2000, 16_000));
    replica.signal('SIGCONT');
  },
};

/** @type {Fault} */
const crashPostgres = {
  name: 'crash of Postgres',
  async happen({ postgres, random }) {
    await postgres.stop('immediate');
    await delay(random.between(0, 3000));
    await postgres.start();
  },
};

/** @type {Fault} */
const stopPostgres = {
  name: 'outage of Postgres',
  async happen({ postgres, random, longestOutageSeconds }) {
    await postgres.stop('fast');
    await delay(random.between(2000, longestOutageSeconds * 1000));
    await postgres.start();
  },
};

/** @type {Fault} what ran in its sandboxes is lost, and must be told so */
const killEngine = {
  name: 'kill -9 of dockerd',
  async happen({ engine, random }) {
    await engine?.kill();
    await delay(random.between(0, 3000));
    await engine?.start();
  },
};

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Lines that each script numbers. */
export const linesOfScript = 20;

/** Scripts that number their lines; on the ssh host each also leaves a mark in a file, once for every time that it begins. */
export class Workload {
  #client;
  #random;
  #marks;
  /** @type {{ id: string, isMarked: boolean }[]} */
  #events = [];
  #isOver = false;
  /** @type {{ key: string, isMarked: boolean }[]} */
  triggers = [];

  /**
   * @param {import('./client.mjs').Client} client
   * @param {import('./random.mjs').Random} random
   * @param {string} folder for the marks; the user of the ssh host writes there
   */
  constructor(client, random, folder) {
    this.#client = client;
    this.#random = random;
    this.#marks = path.join(folder, 'marks');
    writeFileSync(this.#marks, '');
    chmodSync(this.#marks, 0o666);
  }

  /** @param {string | undefined} sshServerId */
  async prepare(sshServerId) {
    const script = (/** @type {string} */ mark) =>
      `${mark}\necho "start $RANDOM$RANDOM$RANDOM"\nfor i in $(seq ${linesOfScript}); do echo "line $i"; sleep 0.1; done\necho "end"`;
    const create = async (/** @type {object} */ body) =>
      (await this.#client.send('POST', '/events', { type: 'BASH', ...body })).id;
    this.#events.push({ id: await create({ name: 'sandbox', content: script('') }), isMarked: false });
    this.#events.push({
      id: await create({ name: 'serial', content: script(''), maxConcurrentExecutions: 2 }),
      isMarked: false,
    });
    if (sshServerId !== undefined) {
      const content = script(`cronium_input >> ${this.#marks}; echo >> ${this.#marks}`);
      const id = await create({ name: 'host', content, serverIds: [sshServerId] });
      this.#events.push({ id, isMarked: true });
    }
    await create({
      ...{ name: 'every second', content: 'echo "start $RANDOM"; echo "end"' },
      ...{ schedule: { kind: 'interval', everySeconds: 2 }, misfirePolicy: 'run_all' },
    });
  }

  /** Triggers until it is stopped; each with a key, so that a trigger whose answer was lost can be repeated. */
  async run() {
    for (let count = 0; !this.#isOver; count += 1) {
      const event = this.#random.pick(this.#events);
      const trigger = { key: `trigger-${count}`, isMarked: event.isMarked };
      await this.#client.send('POST', `/events/${event.id}/run`, {
        input: trigger.key,
        idempotencyKey: trigger.key,
      });
      this.triggers.push(trigger);
      await delay(this.#random.between(100, 500));
    }
  }

  /** No trigger comes after the one that is under way. */
  stop() {
    this.#isOver = true;
  }

  /** How often each script of the host has begun, by its key. */
  marks() {
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const line of readFileSync(this.#marks, 'utf8').split('\n').filter(Boolean)) {
      const key = line.replaceAll('"', '');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }
}

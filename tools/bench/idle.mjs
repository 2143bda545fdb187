import { setTimeout as delay } from 'node:timers/promises';

import { descendantsOf, processes } from '../lib/processes.mjs';
import { programRows, programsOf } from '../lib/programs.mjs';

const quietSeconds = 20;
const poolSize = 4;

/**
 * Memory of each process of an installation as `npm start` has it, which nobody uses. (`npm run soak` tells it of Compose's.)
 * @param {import('./product.mjs').Product} product
 * @param {{ broker: import('../broker.mjs').Broker }} what
 */
export async function bench(product, { broker }) {
  await product.poolIsWarm(poolSize);
  await delay(quietSeconds * 1000);
  const all = processes();
  const withChildren = (/** @type {number} */ pid) =>
    all.filter((process) => process.pid === pid).concat(descendantsOf(pid, all));
  const pids = [product.pid, broker.pid, product.postgresPid];
  console.table(programRows(programsOf(pids.flatMap(withChildren))));
}

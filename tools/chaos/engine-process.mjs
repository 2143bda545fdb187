// For tests: an engine of their own, in a process of its own. Told by messages: `restart` as after a crash, `remove`; says its address, and `done`.
import { ensureRunsc } from '../machine/runsc.mjs';
import { ChaosEngine } from './engine.mjs';

const [folder = '', runtime] = process.argv.slice(2);
const runsc = runtime === 'runsc' ? await ensureRunsc({ log: console.error }) : undefined;
const engine = new ChaosEngine(folder, { runsc });
let removed = false;
/** @type {Record<string, () => Promise<void>>} */
const acts = {
  restart: async () => {
    await engine.kill();
    await engine.start();
  },
  remove: async () => {
    removed = true;
    await engine.remove();
  },
};
// Tests that were killed do not ask for it.
process.on('disconnect', () => void (removed || engine.remove()));
process.on('message', (act) => void acts[String(act)]?.().then(() => process.send?.('done')));
await engine.create();
process.send?.(engine.host);

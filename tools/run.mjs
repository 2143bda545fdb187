// Runs a command of node_modules/.bin on Node 24: `node tools/run.mjs nx affected -t lint`.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

import { fromRoot, root } from './lib/paths.mjs';
import { findNode24, nodeEnvironment } from './machine/node.mjs';

const [name, ...args] = process.argv.slice(2);
const script = name && fromRoot('node_modules/.bin', name);

if (!script || !existsSync(script)) {
  console.error(
    name ? `There is no command ${name} here: npm ci` : 'Usage: node tools/run.mjs <command> [arguments]',
  );
  process.exit(2);
}

const node24 = findNode24();
const child = spawn(node24, [script, ...args], { cwd: root, stdio: 'inherit', env: nodeEnvironment(node24) });
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => child.kill(signal));
}
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
});

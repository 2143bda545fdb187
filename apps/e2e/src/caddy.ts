import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { freePort, root } from './product';

/** What a test needs beside the documented file: ports of its own, and nothing of the machine's changed. */
const global = (httpPort: number): string =>
  `{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n\thttp_port ${httpPort}\n}\n`;

/** docs/operations/Caddyfile before a port of this machine, with a certificate of its own. */
export async function startCaddy(upstream: number): Promise<{ url: string; stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'cronium-caddy-'));
  const port = await freePort();
  const file = join(folder, 'Caddyfile');
  const documented = readFileSync(join(root, 'docs/operations/Caddyfile'), 'utf8');
  writeFileSync(file, global(await freePort()) + documented);
  const child = spawn(process.env['CRONIUM_CADDY'] ?? 'caddy', ['run', '--config', file], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...{ PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
      CRONIUM_DOMAIN: `https://localhost:${port}`,
      CRONIUM_UPSTREAM: `127.0.0.1:${upstream}`,
    },
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  while (!(await answersByTls(port))) {
    if (child.exitCode !== null) throw new Error(`Caddy ended:\n${output}`);
    await setTimeout(100);
  }
  return {
    url: `https://localhost:${port}`,
    stop: () => {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function answersByTls(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false };
    const socket = connect(options, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
}

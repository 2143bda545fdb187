import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const root = resolve(__dirname, '../../..');

/** The product, with an empty data folder of its own. */
export interface Product {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  /** Also the value of CRONIUM_DATA_DIR in the environment of all its processes. */
  readonly dataDir: string;
  /** What it has printed so far. */
  output(): string;
  /** Resolves when it has printed a text. */
  printed(text: string): Promise<void>;
  /** As Ctrl-C does it; resolves with the exit code, and leaves the data folder. */
  interrupt(): Promise<number | null>;
  /** Interrupts it if it still runs, and removes the data folder. */
  dispose(): Promise<void>;
}

export interface ProductOptions {
  /** What Node runs: the built API, or the tool behind `npm start`. */
  readonly program?: 'dist/apps/api/main.js' | 'tools/start.mjs';
  readonly env?: Readonly<Record<string, string>>;
  /** Of a product that was interrupted. */
  readonly dataDir?: string;
}

/** Starts it and resolves when it is ready for requests. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'cronium-e2e-'));
  const port = await freePort();
  const password = 'end to end password';
  const child = spawn(process.execPath, [options.program ?? 'dist/apps/api/main.js'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      DOCKER_HOST: process.env['DOCKER_HOST'],
      PORT: String(port),
      CRONIUM_DATA_DIR: dataDir,
      CRONIUM_ADMIN_PASSWORD: password,
      CRONIUM_ON_SHUTDOWN: 'end_jobs',
      CRONIUM_LOG_LEVEL: 'error',
      ...options.env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const url = `http://127.0.0.1:${port}`;
  const interrupt = async () => {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
    return child.exitCode;
  };
  await untilReady(child, url, () => output);
  return {
    url,
    email: 'admin@cronium.local',
    password,
    dataDir,
    output: () => output,
    printed: async (text) => {
      while (!output.includes(text)) await once(child.stdout, 'data');
    },
    interrupt,
    dispose: async () => {
      if (child.exitCode === null) await interrupt();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

async function untilReady(child: ChildProcess, url: string, output: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The product ended while it started:\n${output()}`);
    const answer = await fetch(`${url}/api/health/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await delay(100);
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

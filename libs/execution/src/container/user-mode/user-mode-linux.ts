import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { ResourceLimits } from '@cronium/server-types';

/** As guest.py reads it. */
export type GuestJob = readonly [language: 'bash' | 'python', script: string, limits: ResourceLimits];

/** As guest.py says it. */
export interface GuestResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly end?: { readonly kind: string; readonly code?: number };
  readonly usage: {
    readonly wallMs: number;
    readonly cpuUserMs: number;
    readonly cpuSystemMs: number;
    readonly peakMemoryBytes: number;
  };
  /** What the kernel was told of the job's cgroup. */
  readonly held: readonly Readonly<Record<string, string>>[] | null;
}

const run = promisify(execFile);
const unpacked = join(__dirname, '../../../../../tmp/user-mode-linux/linux');

/**
 * For tests: boots a Linux with cgroup v2, whatever the machine's own has, with the executor image as its root, and runs the jobs at the same
 * time under a resident to whom the engine would have delegated its cgroup.
 *
 * @returns each job's result, and the names of cgroups that are left
 */
export async function runInGuest(
  jobs: readonly GuestJob[],
): Promise<{ results: GuestResult[]; cgroups: string[] }> {
  const root = await mkdtemp('/tmp/cronium-guest-');
  try {
    await chmod(root, 0o755);
    await exportImage(root);
    await copyFile(join(__dirname, 'guest.py'), join(root, 'guest.py'));
    await chmod(join(root, 'guest.py'), 0o755);
    await writeFile(join(root, 'jobs.json'), JSON.stringify(jobs));
    const console = await boot(root);
    const lines = [...console.matchAll(/RESULT (\{.*\})/g)].map(
      ([, json = '']) => JSON.parse(json) as unknown,
    );
    if (lines.length !== jobs.length + 1) throw new Error(`The guest did not tell all:\n${console}`);
    const { cgroups } = lines.pop() as { cgroups: string[] };
    return { results: lines as GuestResult[], cgroups };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function exportImage(folder: string): Promise<void> {
  const { stdout } = await run('docker', ['create', 'cronium-executor:latest']);
  const container = stdout.trim();
  try {
    await run('bash', [
      ...['-c', 'set -o pipefail; docker export "$1" | tar -x -C "$2" --no-same-owner'],
      ...['export', container, folder],
    ]);
  } finally {
    await run('docker', ['rm', '-f', container]);
  }
}

/** @returns what it wrote to its console */
async function boot(root: string): Promise<string> {
  const program = process.env['CRONIUM_USER_MODE_LINUX'] ?? unpacked;
  if (!existsSync(program)) throw new Error(`These tests need ${program}; \`npm test\` sees to it.`);
  const options = ['mem=512M', 'root=/dev/root', 'rootfstype=hostfs', `rootflags=${root}`, 'rw', 'quiet'];
  const kernel = spawn(program, [...options, 'init=/guest.py', 'con=null', 'con0=null,fd:1'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 200_000,
    killSignal: 'SIGKILL',
  });
  let text = '';
  for (const stream of [kernel.stdout, kernel.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  await once(kernel, 'close');
  return text.replaceAll('\r', '');
}

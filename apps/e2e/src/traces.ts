import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process belongs to a product when its environment or its command line names the product's data folder. */
export function processesOf(dataDir: string): { pid: number; command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const command = readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');
      const belongs = command.includes(dataDir) || readIfThere(`/proc/${pid}/environ`).includes(dataDir);
      return belongs ? [{ pid: Number(pid), command }] : [];
    });
}

/** Sandboxes carry the process that started them in a label: `<boot>/<namespace>/<pid>/<start>`. */
export function containersOf(pids: readonly number[]): string[] {
  const format = '{{.Names}}\t{{.Label "org.cronium.owner"}}';
  return execFileSync('docker', ['ps', '--all', '--format', format], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => pids.some((pid) => line.split('\t')[1]?.split('/')[2] === String(pid)))
    .map((line) => line.split('\t')[0] ?? line);
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // the process has ended meanwhile
  }
}

import type { BackupContents } from './read-backup';
import type { Progress } from './write-backup';

const redrawMilliseconds = 200;
const number = new Intl.NumberFormat('en');

export const count = (amount: number, one: string, many = `${one}s`): string =>
  `${number.format(amount)} ${amount === 1 ? one : many}`;

export function size(bytes: number): string {
  if (bytes < 1e6) return `${number.format(Math.ceil(bytes / 1000))} kB`;
  return `${number.format(bytes < 1e7 ? Math.round(bytes / 1e5) / 10 : Math.round(bytes / 1e6))} MB`;
}

/** A line for each table that is done; on a terminal also the one that is under way. */
export function showProgress(): (progress: Progress) => void {
  const isTerminal = process.stdout.isTTY;
  let drawnAt = 0;
  let bytesSoFar = 0;
  return ({ table, rows, bytes }) => {
    bytesSoFar = Math.max(rows === undefined ? 0 : bytesSoFar, bytes);
    if (rows !== undefined) {
      if (isTerminal) process.stdout.write('\r\x1b[K');
      if (rows > 0) console.log(`  ${table}: ${count(rows, 'row')}, ${size(bytesSoFar)}`);
      bytesSoFar = 0;
    } else if (isTerminal && performance.now() - drawnAt > redrawMilliseconds) {
      drawnAt = performance.now();
      process.stdout.write(`\r\x1b[K  ${table}: ${size(bytes)} …`);
    }
  };
}

/** What people ask of a backup first. */
const noteworthy = ['users', 'servers', 'events', 'executions', 'jobs'];

export function describe({ manifest, tables, rows }: BackupContents): string {
  const rowsIn = (name: string) => tables.find((table) => table.name === name)?.rows ?? 0;
  const first = noteworthy.map((name) => count(rowsIn(name), name.slice(0, -1), name)).join(', ');
  return [
    `  It was made ${manifest.createdAt} by Cronium ${manifest.product}, ${manifest.wasRunning ? 'while it ran' : 'while it did not run'}.`,
    `  It has ${first}; in all ${count(rows, 'row')} in ${count(tables.length, 'table')}, and the encryption key.`,
  ].join('\n');
}

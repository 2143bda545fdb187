import { figuresOf } from './processes.mjs';

/**
 * @typedef {object} Program processes that run the same program; figures are their sums
 * @property {number} count
 * @property {number} residentBytes
 * @property {number} privateBytes
 * @property {number} openFiles
 */

/** @param {readonly import('./processes.mjs').Process[]} processes @returns {Record<string, Program>} by their names */
export function programsOf(processes) {
  /** @type {Record<string, Program>} */
  const programs = {};
  for (const { pid, command } of processes) {
    const figures = figuresOf(pid);
    if (!figures) continue;
    const program = (programs[programOf(command)] ??= {
      ...{ count: 0, residentBytes: 0, privateBytes: 0, openFiles: 0 },
    });
    program.count += 1;
    program.residentBytes += figures.residentBytes;
    program.privateBytes += figures.privateBytes;
    program.openFiles += figures.openFiles;
  }
  return programs;
}

/** A word or two for a command: what differs from process to process of one program is left out. */
function programOf(/** @type {string} */ command) {
  // `postgres: user database address(port) state` serves a client; others say what they are.
  if (/^postgres: \S+ \S+ [\d.:a-f]+\(\d+\) /.test(command)) return 'connection';
  const postgres = /^postgres: ([a-z ]+)/.exec(command)?.[1];
  if (postgres) return postgres.trim();
  const words = command.split(' ').filter((word) => !word.startsWith('-'));
  const names = words.slice(0, 2).map((word) => word.split('/').slice(-2).join('/'));
  const [program = command, file = ''] = names;
  return /\.(js|pyc?)$/.test(file) ? file : (program.split('/').at(-1) ?? program);
}

const mib = (/** @type {number} */ bytes) => (bytes / 2 ** 20).toFixed(1);

/** Rows of a table: memory of each program, in MiB. @param {Record<string, Program>} programs */
export function programRows(programs) {
  return Object.entries(programs).map(([name, { count, residentBytes, privateBytes }]) => ({
    ...{ '': name, processes: count },
    ...{ 'RSS MiB': mib(residentBytes), 'private MiB': mib(privateBytes) },
  }));
}

import { readFileSync, readdirSync } from 'node:fs';

/**
 * @typedef {object} Process
 * @property {number} pid
 * @property {number} parent
 * @property {boolean} isZombie has ended, and nobody has asked how
 * @property {string} command with its arguments; its name in brackets where it has none
 *
 * @typedef {object} ProcessFigures
 * @property {number} residentBytes what it has in memory, with what it shares with others
 * @property {number} privateBytes of these what is backed by no file and shared with nobody: heap and stacks
 * @property {number} openFiles
 */

/** All processes of this machine, those in containers included. @returns {Process[]} */
export function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => unlessGone(() => readProcess(Number(name))) ?? []);
}

function readProcess(/** @type {number} */ pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const end = stat.lastIndexOf(')');
  const [state, parent] = stat.slice(end + 2).split(' ');
  const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').filter(Boolean);
  const command = words.join(' ').trim() || `[${stat.slice(stat.indexOf('(') + 1, end)}]`;
  return { pid, parent: Number(parent), isZombie: state === 'Z', command };
}

/** Its children and theirs. @returns {Process[]} */
export function descendantsOf(/** @type {number} */ pid, /** @type {readonly Process[]} */ all) {
  return all
    .filter(({ parent }) => parent === pid)
    .flatMap((child) => [...descendantsOf(child.pid, all), child]);
}

/** What a process has of the machine; undefined when it has ended. Needs root for processes of others. @returns {ProcessFigures | undefined} */
export function figuresOf(/** @type {number} */ pid) {
  return unlessGone(() => {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    // A zombie has no memory any more.
    const bytes = (/** @type {string} */ name) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024;
    return {
      residentBytes: bytes('VmRSS'),
      privateBytes: bytes('RssAnon'),
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
    };
  });
}

/** What a process ends meanwhile is nothing to fail of. @template T @param {() => T} read @returns {T | undefined} */
export function unlessGone(read) {
  try {
    return read();
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * @typedef {object} CgroupMemory
 * @property {number} workingBytes what is charged to it without the page cache, which the kernel takes back when it wants
 * @property {number} anonymousBytes of these the memory of processes that is no file's
 */

/**
 * Memory of the cgroup that a process is in, on cgroup v1 and v2.
 * @param {number} pid
 * @returns {CgroupMemory}
 */
export function cgroupMemory(pid) {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').split('\n');
  const [, first] = lines.map((line) => /^\d+:memory:(.*)/.exec(line)).find(Boolean) ?? [];
  if (first !== undefined) {
    const stat = readStat(path.join('/sys/fs/cgroup/memory', first));
    const charged = readNumber(path.join('/sys/fs/cgroup/memory', first, 'memory.usage_in_bytes'));
    const cache = stat.total_active_file + stat.total_inactive_file;
    return { workingBytes: charged - cache, anonymousBytes: stat.total_rss };
  }
  const [, unified] = lines.map((line) => /^0::(.*)/.exec(line)).find(Boolean) ?? [];
  const folder = path.join('/sys/fs/cgroup', unified ?? '');
  if (!existsSync(path.join(folder, 'memory.current')))
    throw new Error(`There is no memory cgroup of process ${pid}.`);
  const stat = readStat(folder);
  const cache = stat.active_file + stat.inactive_file;
  return { workingBytes: readNumber(path.join(folder, 'memory.current')) - cache, anonymousBytes: stat.anon };
}

const readNumber = (/** @type {string} */ file) => Number(readFileSync(file, 'utf8'));

/** @returns {Record<string, number>} */
function readStat(/** @type {string} */ folder) {
  const lines = readFileSync(path.join(folder, 'memory.stat'), 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => line.split(' ')).map(([name, value]) => [name, Number(value)]),
  );
}

import { readFileSync, readlinkSync } from 'node:fs';

/**
 * Names this process for others of the same machine: the machine's boot, the process namespace, the process id, and when it started. So a
 * later one can tell that the one before it is dead, also when it has its number.
 */
export function thisProcess(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return [boot, readlinkSync('/proc/self/ns/pid'), process.pid, startTime(process.pid)].join('/');
  } catch {
    // No /proc: not Linux. Then nobody can say that it is dead.
    return `unknown/${process.pid}`;
  }
}

/** Whether the process of that name is surely dead. One on another machine, or in another container, is not. */
export function isDead(name: string): boolean {
  const [boot, namespace, pid, started] = name.split('/');
  const [myBoot, myNamespace] = thisProcess().split('/');
  if (boot === 'unknown' || boot !== myBoot || namespace !== myNamespace) {
    return false;
  }
  try {
    return startTime(Number(pid)) !== started;
  } catch {
    return true; // there is no such process
  }
}

/** In clock ticks since boot: tells a process from a later one with the same id. */
function startTime(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // pid (name, which may hold blanks and brackets) state ppid ...: the start is field 22
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

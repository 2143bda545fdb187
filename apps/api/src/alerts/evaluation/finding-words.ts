import type { Finding } from './present';

/** What an alert is called, in words that name what it is about. */
export function titleOf({ kind, name, value, details }: Finding): string {
  const what = `“${name ?? '?'}”`;
  const count = Math.floor(value ?? 0).toLocaleString('en');
  switch (kind) {
    case 'server_unhealthy':
      return `${what} is not healthy`;
    case 'disk_short':
      if (details['floorBytes'] !== undefined) return `The disk of ${what} has too little left for more jobs`;
      return name === null
        ? `The disk of Cronium’s data is ${count} % full`
        : `The disk of ${what} is ${count} % full`;
    case 'memory_short':
      if (details['floorBytes'] !== undefined)
        return `The memory of ${what} has too little left for more jobs`;
      return `The memory of ${what} is ${count} % used`;
    case 'queue_growing':
      return `${count} jobs or more wait for ${what}`;
    case 'queue_stalled':
      return `A job has waited for ${what} for ${durationOf(value ?? 0)}`;
    case 'pool_exhausted':
      return `${what} has no sandbox ready`;
    case 'failure_streak':
      return `${what} failed ${count} times in a row`;
    case 'late_schedule':
      return details['waits'] === true
        ? `${what} is ${durationOf(value ?? 0)} late, and has not started`
        : `${what} started ${durationOf(value ?? 0)} late`;
    case 'limit_kills':
      return `${count} jobs of ${what} met a limit within an hour`;
    case 'sign_in_attacks':
      return `${count} sign-ins failed within 15 minutes`;
    case 'backup_old':
      return details['last'] === null
        ? `There is no backup of Cronium after ${count} days`
        : `The last backup is ${count} days old`;
    case 'host_key_changed':
    case 'did_not_run':
      throw new Error(`${kind} is noticed at once, by what it happens to.`);
  }
}

/** `1h 05m`, `4m 10s`, `12s` */
function durationOf(seconds: number): string {
  const [hours, minutes, rest] = [
    Math.floor(seconds / 3600),
    Math.floor(seconds / 60) % 60,
    Math.floor(seconds % 60),
  ];
  const two = (part: number) => String(part).padStart(2, '0');
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${two(rest)}s` : `${rest}s`;
}

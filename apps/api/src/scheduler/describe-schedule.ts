import type { Schedule } from '@cronium/contracts';
import cronstrue from 'cronstrue';

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A schedule in a sentence, for a person. */
export function describeSchedule(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'manual':
      return 'Only by hand or through the API.';
    case 'once':
      return `Once, at ${schedule.at.replace('T', ' ')}${/[Z+]|-\d\d:/.test(schedule.at.slice(10)) ? '' : ` (${schedule.timezone})`}.`;
    case 'interval':
      return `Every ${duration(schedule.everySeconds)}.`;
    case 'cron':
      return `${cronWords(schedule.expression)} (${schedule.timezone}).`;
  }
}

function cronWords(expression: string): string {
  try {
    return cronstrue.toString(expression, { use24HourTimeFormat: true, verbose: false });
  } catch {
    // Some that Croner follows have no words there.
    return `At the times of ${expression}`;
  }
}

/** `90` is “1 minute 30 seconds”, `86400` is “day”. */
function duration(seconds: number): string {
  let left = seconds;
  const parts = units.flatMap(([unit, size]) => {
    const count = Math.floor(left / size);
    left %= size;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  });
  const [first = ''] = parts;
  return parts.length === 1 && first.startsWith('1 ') ? first.slice(2) : parts.join(' ');
}

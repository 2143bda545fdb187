import type { DashboardFigures } from '@cronium/contracts';

import { formatDuration } from '../../shared/time/duration';

const whole = new Intl.NumberFormat();

export function countWords(count: number): string {
  return whole.format(count);
}

/** Executions that ended in a span, whichever way. */
export function endedOf({ succeeded, failed, cancelled, skipped }: DashboardFigures): number {
  return succeeded + failed + cancelled + skipped;
}

/** Of those that succeeded or failed the share that succeeded, 0 to 1; null of none. */
export function successOf({ succeeded, failed }: DashboardFigures): number | null {
  return succeeded + failed === 0 ? null : succeeded / (succeeded + failed);
}

/** `98.2 %`; not 100 % while anything failed. */
export function shareWords(share: number | null): string {
  if (share === null) return '–';
  const percent = share * 100;
  if (percent === 100 || percent === 0) return `${percent} %`;
  return `${Math.min(99.9, Math.max(0.1, percent)).toFixed(1)} %`;
}

export function secondsWords(seconds: number | null): string {
  return seconds === null ? '–' : formatDuration(seconds * 1000);
}

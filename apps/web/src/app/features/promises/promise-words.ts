import type { Percentiles, SuccessFigures } from '@cronium/contracts';

import { formatDuration } from '../../shared/time/duration';

/** `99.95 %`; not 100 % while anything failed. */
export function rateWords(rate: number | null): string {
  if (rate === null) return '–';
  if (rate === 1) return '100 %';
  return `${Math.floor(rate * 100_000) / 1000} %`;
}

export function millisecondsWords(value: number | undefined): string {
  return value === undefined ? '–' : formatDuration(value);
}

/** `p95 54 ms, p99 61 ms`; empty of none. */
export function tailWords(values: Percentiles | null): string {
  return values
    ? `p95 ${millisecondsWords(values.p95)}, p99 ${millisecondsWords(values.p99)}`
    : 'nothing was measured';
}

/** What is left of the failures that the promise allows: `3 of 12.4 used`. */
export function budgetWords({ used, allowed }: { used: number; allowed: number }): string {
  return `${used.toLocaleString('en')} of ${allowed.toLocaleString('en')} allowed`;
}

export function isKept({ successRate }: SuccessFigures, promised: number): boolean {
  return successRate === null || successRate >= promised;
}

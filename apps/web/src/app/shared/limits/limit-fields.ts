import type { ResourceLimits } from '@cronium/server-types';

export interface LimitField {
  readonly key: keyof ResourceLimits;
  readonly label: string;
  readonly step: number;
}

/** The limits of a job in the order in which they are asked for. */
export const limitFields: readonly LimitField[] = [
  { key: 'cpu', label: 'CPU (cores)', step: 0.05 },
  { key: 'memoryMb', label: 'Memory (MiB)', step: 1 },
  { key: 'pids', label: 'Processes', step: 1 },
  { key: 'diskMb', label: 'Disk (MiB)', step: 1 },
  { key: 'outputMb', label: 'Output (MiB)', step: 1 },
];

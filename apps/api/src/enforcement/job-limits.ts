import type { EnforcedResource } from '@cronium/contracts';
import type { ScriptEnd, ScriptUsage } from '@cronium/execution';
import type { JobUsage, ResourceLimits } from '@cronium/server-types';

const mebibyte = 1024 * 1024;
/** A job is warned of when it has used this share of a limit. */
const warnedShare = 0.8;

/** What one job may use, and what it uses of it. Bytes, seconds, or a count. */
export interface LimitUse {
  readonly resource: EnforcedResource;
  readonly used: number;
  readonly bound: number;
}

/** What holds for one job. */
export interface JobLimits {
  readonly limits: ResourceLimits;
  readonly timeoutSeconds: number;
}

/** Of every limit that ends a job how much it uses now. The limit of CPU ends none: it slows it down. */
export function usesOf(job: JobLimits, usage: ScriptUsage, startedAt: Date): LimitUse[] {
  return Object.entries({
    memory: usage.memoryBytes,
    disk: usage.diskBytes,
    output: usage.outputBytes,
    processes: usage.processes,
    time: (usage.at.getTime() - startedAt.getTime()) / 1000,
  }).map(([resource, used]) => useOf(job, resource as keyof ReturnType<typeof boundsOf>, used));
}

/** Those that a job comes near to. */
export function nearLimits(uses: readonly LimitUse[]): LimitUse[] {
  return uses.filter(({ used, bound }) => used >= warnedShare * bound);
}

/**
 * The limit that a script was ended at; undefined when it was not.
 *
 * @param last what it used when it was looked at last: the moment of the end is told of memory, output and time only
 */
export function limitOfEnd(
  job: JobLimits,
  end: ScriptEnd,
  usage: JobUsage,
  last: ScriptUsage | undefined,
): LimitUse | undefined {
  const bounds = boundsOf(job);
  switch (end.kind) {
    case 'out_of_memory':
      return useOf(job, 'memory', usage.peakMemoryBytes);
    case 'output_limit':
      return useOf(job, 'output', usage.outputBytes);
    case 'timeout':
      return useOf(job, 'time', usage.wallMs / 1000);
    case 'disk_full':
      return useOf(job, 'disk', Math.max(last?.diskBytes ?? 0, bounds.disk));
    case 'process_limit':
      return useOf(job, 'processes', Math.max(last?.processes ?? 0, bounds.processes));
    default:
      return undefined;
  }
}

function boundsOf({ limits, timeoutSeconds }: JobLimits) {
  return {
    memory: limits.memoryMb * mebibyte,
    disk: limits.diskMb * mebibyte,
    output: limits.outputMb * mebibyte,
    processes: limits.pids,
    time: timeoutSeconds,
  };
}

function useOf(job: JobLimits, resource: keyof ReturnType<typeof boundsOf>, used: number): LimitUse {
  return { resource, used, bound: boundsOf(job)[resource] };
}

import type { ExecutionMonitor } from '@cronium/contracts';

import type { UsagePoint } from '../../shared/charts/usage-charts';

/** Twenty minutes of a push every two seconds: a page that stays open for days holds no more. */
export const mostPoints = 600;

/** The points of each server with one more; those of servers that are gone are dropped. */
export function withSnapshot(
  before: ReadonlyMap<string, readonly UsagePoint[]>,
  { at, servers }: ExecutionMonitor,
): ReadonlyMap<string, readonly UsagePoint[]> {
  return new Map(
    servers.map(({ id, cpu, memory, disk, machine }) => {
      // The same as its tile: the machine, where it is known.
      const point: UsagePoint = {
        at: Date.parse(at),
        cpuPercent: machine?.cpuPercent ?? cpu.usedPercent,
        memoryBytes: (machine?.memory ?? memory).usedBytes,
        diskBytes: (machine?.disk ?? disk).usedBytes,
      };
      return [id, [...(before.get(id) ?? []), point].slice(-mostPoints)];
    }),
  );
}

import type { ResourceUsage } from '@cronium/server-types';

/**
 * What all that runs on the machine of a container server uses, as an ssh host tells it: a container server itself tells what its jobs use,
 * and what the machine has left. Undefined while nobody tells that.
 */
export function machineUsage({ cpu, host, ...usage }: ResourceUsage): ResourceUsage | undefined {
  if (!host) return undefined;
  const { memoryTotalBytes, memoryAvailableBytes, diskTotalBytes, diskFreeBytes } = host;
  return {
    ...usage,
    // An image made for an earlier version does not tell; what jobs use is the least.
    cpu: { ...cpu, usedPercent: host.cpuPercent ?? cpu.usedPercent },
    memory: { usedBytes: memoryTotalBytes - memoryAvailableBytes, limitBytes: memoryTotalBytes },
    disk: { usedBytes: diskTotalBytes - diskFreeBytes, limitBytes: diskTotalBytes },
  };
}

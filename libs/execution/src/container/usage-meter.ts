import type { ResourceUsage } from '@cronium/server-types';
import type Docker from 'dockerode';
import type { ContainerStats } from 'dockerode';

import { isGone } from './engine-errors';

const MIB = 1024 * 1024;
const NANOSECONDS_A_MS = 1e6;

interface CpuSample {
  readonly atMs: number;
  readonly usedNs: number;
}

/** Sums what containers use. CPU is the difference to the measurement before; the first one of a container counts nothing. */
export class UsageMeter {
  private samples = new Map<string, CpuSample>();
  private machine: { readonly cores: number; readonly memoryBytes: number } | undefined;

  constructor(private readonly docker: Docker) {}

  async measure(
    containerIds: readonly string[],
    diskLimitMb: number,
  ): Promise<Omit<ResourceUsage, 'pool' | 'activeJobs'>> {
    const machine = (this.machine ??= await this.askMachine());
    const stats = await Promise.all(containerIds.map(async (id) => ({ id, stats: await this.statsOf(id) })));
    const samples = new Map<string, CpuSample>();
    let [cpuPercent, memoryBytes, diskBytes] = [0, 0, 0];
    for (const { id, stats: found } of stats) {
      if (!found) {
        continue;
      }
      const sample = { atMs: performance.now(), usedNs: found.cpu_stats.cpu_usage.total_usage };
      const before = this.samples.get(id);
      samples.set(id, sample);
      if (before) {
        // A container that was started again counts from zero.
        const usedNs = Math.max(0, sample.usedNs - before.usedNs);
        cpuPercent += (100 * usedNs) / NANOSECONDS_A_MS / (sample.atMs - before.atMs);
      }
      // The workspace is a tmpfs: memory to the kernel, disk to the job.
      const workspace = tmpfsBytes(found.memory_stats.stats ?? {});
      const files = found.memory_stats.stats?.['inactive_file'] ?? 0;
      diskBytes += workspace;
      memoryBytes += Math.max(0, (found.memory_stats.usage ?? 0) - workspace - files);
    }
    this.samples = samples;
    return {
      at: new Date().toISOString(),
      cpu: { usedPercent: cpuPercent, limitCores: machine.cores },
      memory: { usedBytes: memoryBytes, limitBytes: machine.memoryBytes },
      disk: { usedBytes: diskBytes, limitBytes: diskLimitMb * MIB },
    };
  }

  private async askMachine(): Promise<{ cores: number; memoryBytes: number }> {
    const info = (await this.docker.info()) as { NCPU: number; MemTotal: number };
    return { cores: info.NCPU, memoryBytes: info.MemTotal };
  }

  private async statsOf(id: string): Promise<StatsAnswer | undefined> {
    try {
      const answer: Partial<StatsAnswer> = await this.docker
        .getContainer(id)
        .stats({ stream: false, 'one-shot': true });
      const { cpu_stats, memory_stats } = answer;
      // Of a container that it is just removing an engine tells the name and nothing else.
      return cpu_stats && memory_stats ? { cpu_stats, memory_stats } : undefined;
    } catch (error) {
      if (isGone(error)) {
        return undefined; // its job ended while we asked
      }
      throw error;
    }
  }
}

/** Control groups of version 2 say it. Those of version 1 do not: it is what is kept like memory and belongs to no process. */
function tmpfsBytes(stats: Readonly<Record<string, number>>): number {
  const figure = (name: string) => stats[name] ?? 0;
  return stats['shmem'] ?? Math.max(0, figure('active_anon') + figure('inactive_anon') - figure('rss'));
}

/** An engine leaves out what the kernel does not count. */
type StatsAnswer = Pick<ContainerStats, 'cpu_stats'> & {
  readonly memory_stats: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
};

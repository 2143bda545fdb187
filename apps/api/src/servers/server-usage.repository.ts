import { maxServerUsageSamples, type ServerUsageHistory, type ServerUsageSample } from '@cronium/contracts';
import type { ResourceUsage } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** What the machines of servers used, minute by minute. */
@Injectable()
export class ServerUsageRepository {
  constructor(private readonly database: DataSource) {}

  /** Of a server that was deleted meanwhile nothing is kept. */
  async keep(serverId: string, usage: ResourceUsage): Promise<void> {
    const { at, cpu, memory, disk, load, uptimeSeconds } = usage;
    await this.database.query(
      `INSERT INTO server_usage (server_id, at, cpu_percent, cores, memory_used, memory_limit, disk_used, disk_limit, load, uptime_seconds)
       SELECT id, $2, $3, $4, $5, $6, $7, $8, $9, $10 FROM servers WHERE id = $1
       ON CONFLICT DO NOTHING`,
      [
        ...[serverId, at, cpu.usedPercent, cpu.limitCores, memory.usedBytes, memory.limitBytes],
        ...[disk.usedBytes, disk.limitBytes, load?.oneMinute ?? null, uptimeSeconds ?? null],
      ],
    );
  }

  /** @param now where the time ends */
  async history(serverId: string, hours: number, now = new Date()): Promise<ServerUsageHistory> {
    const everySeconds = Math.max(60, Math.ceil((hours * 3600) / maxServerUsageSamples / 60) * 60);
    const from = new Date(now.getTime() - hours * 3_600_000);
    const rows = await this.database.query<SampleRow[]>(
      `SELECT to_timestamp(floor(extract(epoch FROM at) / $3) * $3) AS at, avg(cpu_percent)::float8 AS cpu,
              max(memory_used)::float8 AS memory, max(disk_used)::float8 AS disk, avg(load)::float8 AS load
         FROM server_usage WHERE server_id = $1 AND at > $2 GROUP BY 1 ORDER BY 1`,
      [serverId, from, everySeconds],
    );
    const [last] = await this.database.query<LastRow[]>(
      `SELECT at, cores, memory_limit::float8 AS memory, disk_limit::float8 AS disk, uptime_seconds::float8 AS uptime
         FROM server_usage WHERE server_id = $1 AND at > $2 ORDER BY at DESC LIMIT 1`,
      [serverId, from],
    );
    return { everySeconds, samples: rows.map(toSample), last: last ? toLast(last) : null };
  }
}

interface SampleRow {
  readonly at: Date;
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number;
  readonly load: number | null;
}

interface LastRow {
  readonly at: Date;
  readonly cores: number;
  readonly memory: number;
  readonly disk: number;
  readonly uptime: number | null;
}

function toSample({ at, cpu, memory, disk, load }: SampleRow): ServerUsageSample {
  return {
    at: at.toISOString(),
    cpuPercent: Math.round(cpu * 10) / 10,
    memoryBytes: memory,
    diskBytes: disk,
    load: load === null ? null : Math.round(load * 100) / 100,
  };
}

function toLast({ at, cores, memory, disk, uptime }: LastRow): ServerUsageHistory['last'] {
  return {
    at: at.toISOString(),
    cores,
    memoryLimitBytes: memory,
    diskLimitBytes: disk,
    uptimeSeconds: uptime,
  };
}

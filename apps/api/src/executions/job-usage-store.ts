import type { JobUsageSample, JobUsageSeries } from '@cronium/contracts';
import type { ScriptUsage } from '@cronium/execution';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Samples of one job, by time; at least one. */
export interface UsageChunk {
  readonly jobId: string;
  readonly samples: readonly ScriptUsage[];
}

/** The rows of what jobs use while they run. */
@Injectable()
export class JobUsageStore {
  constructor(private readonly database: DataSource) {}

  /** In one statement. What was deleted meanwhile is left out. */
  async append(chunks: readonly UsageChunk[]): Promise<void> {
    if (chunks.length === 0) return;
    await this.database.query(
      `INSERT INTO job_usage (job_id, first_at, milliseconds, cpu_percent, memory_bytes, disk_bytes)
       SELECT job.id, row."firstAt", row.milliseconds, row."cpuPercent", row."memoryBytes", row."diskBytes"
         FROM jsonb_to_recordset($1) AS row("jobId" uuid, "firstAt" timestamptz, milliseconds integer[], "cpuPercent" real[],
                                            "memoryBytes" bigint[], "diskBytes" bigint[])
         JOIN jobs job ON job.id = row."jobId"
       ON CONFLICT DO NOTHING`,
      [JSON.stringify(chunks.map(toRow))],
    );
  }

  /** At most `most` samples (a quiet job has fewer): of a job that has more, the average CPU and the most memory and disk of equal stretches of whole seconds. */
  async series(jobId: string, most: number): Promise<Omit<JobUsageSeries, 'enforcement'>> {
    const rows = await this.database.query<SampleRow[]>(
      `WITH sample AS MATERIALIZED (
         -- Each is of the time since the one before, which is longer while a job is quiet.
         SELECT at, cpu, memory, disk, greatest(0.001, coalesce(extract(epoch FROM at - lag(at) OVER (ORDER BY at)), 1)) AS seconds FROM (
           SELECT first_at + one.ms * interval '1 ms' AS at, one.cpu, one.memory, one.disk
             FROM job_usage, unnest(milliseconds, cpu_percent, memory_bytes, disk_bytes) AS one(ms, cpu, memory, disk)
            WHERE job_id = $1) told),
       span AS (
         SELECT min(at) AS first, greatest(1, ceil((extract(epoch FROM max(at) - min(at)) + 1) / $2))::int AS every FROM sample)
       SELECT every, first + floor(extract(epoch FROM at - first) / every) * every * interval '1 s' AS at,
              (sum(cpu * seconds) / sum(seconds))::float8 AS cpu, max(memory) AS memory, max(disk) AS disk
         FROM sample, span GROUP BY 1, 2 ORDER BY 2`,
      [jobId, most],
    );
    return { everySeconds: rows[0]?.every ?? 1, samples: rows.map(toSample) };
  }
}

interface SampleRow {
  readonly every: number;
  readonly at: Date;
  readonly cpu: number;
  /** Postgres' bigint. */
  readonly memory: string;
  readonly disk: string;
}

function toRow({ jobId, samples }: UsageChunk): object {
  const first = samples[0]?.at ?? new Date();
  return {
    jobId,
    firstAt: first,
    milliseconds: samples.map(({ at }) => at.getTime() - first.getTime()),
    cpuPercent: samples.map(({ cpuPercent }) => cpuPercent),
    memoryBytes: samples.map(({ memoryBytes }) => memoryBytes),
    diskBytes: samples.map(({ diskBytes }) => diskBytes),
  };
}

function toSample({ at, cpu, memory, disk }: SampleRow): JobUsageSample {
  return {
    at: at.toISOString(),
    cpuPercent: Math.round(cpu * 10) / 10,
    memoryBytes: Number(memory),
    diskBytes: Number(disk),
  };
}

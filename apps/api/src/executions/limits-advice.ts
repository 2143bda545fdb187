import { advisedJobs, type LimitAdvice, type LimitsAdvice as LimitsAdviceDto } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Caller } from '../auth/policy';
import { EventsService } from '../events/events.service';

const mebibyte = 1024 * 1024;

/** What the limits of an event should be, from what its jobs used. */
@Injectable()
export class LimitsAdvice {
  constructor(
    private readonly database: DataSource,
    private readonly events: EventsService,
  ) {}

  /** @throws DomainError `event_not_found` when there is none that the caller may see */
  async of(caller: Caller, eventId: string): Promise<LimitsAdviceDto> {
    await this.events.get(caller, eventId);
    const rows = await this.database.query<UsedRow[]>(
      `SELECT (job.usage->>'peakMemoryBytes')::float8 AS memory, (job.usage->>'outputBytes')::float8 AS output,
              (job.usage->>'wallMs')::float8 / 1000 AS time, job.error->>'code' AS code,
              (SELECT max(bytes)::float8 FROM job_usage, unnest(disk_bytes) bytes WHERE job_id = job.id) AS disk
         FROM (SELECT id FROM executions WHERE event_id = $1 ORDER BY created_at DESC, id DESC LIMIT ${advisedJobs}) execution
         JOIN jobs job ON job.execution_id = execution.id
        WHERE job.usage IS NOT NULL AND job.state <> 'cancelled'
        ORDER BY job.id DESC LIMIT ${advisedJobs}`,
      [eventId],
    );
    return adviceFrom(rows);
  }
}

/** What one job used; bytes and seconds, null where it was not measured. */
export interface UsedRow {
  readonly memory: number | null;
  readonly disk: number | null;
  readonly output: number | null;
  readonly time: number | null;
  /** Of its error. */
  readonly code: string | null;
}

export function adviceFrom(rows: readonly UsedRow[]): LimitsAdviceDto {
  const advice = (
    of: (row: UsedRow) => number | null,
    limitCode: string,
    toLimit: (most: number) => number,
  ): LimitAdvice | null => {
    const used = rows.flatMap((row) => of(row) ?? []).sort((one, other) => one - other);
    const most = used.at(-1);
    if (most === undefined) return null;
    const endedAtLimit = rows.filter(({ code }) => code === limitCode).length;
    // How much more those would have used is not known: twice as much is the next to try.
    const wanted = toLimit(endedAtLimit > 0 ? (most * 4) / 3 : most);
    return {
      most,
      typical: used[Math.ceil(used.length * 0.95) - 1] ?? most,
      endedAtLimit,
      suggested: wanted,
    };
  };
  return {
    jobs: rows.length,
    memoryMb: advice(
      ({ memory }) => memory,
      'out_of_memory',
      (most) => stepsOf(16, (1.5 * most) / mebibyte, 32),
    ),
    diskMb: advice(
      ({ disk }) => disk,
      'disk_full',
      (most) => stepsOf(1, (1.5 * most) / mebibyte, 1),
    ),
    outputMb: advice(
      ({ output }) => output,
      'output_limit',
      (most) => stepsOf(1, (1.5 * most) / mebibyte, 1),
    ),
    timeoutSeconds: advice(
      ({ time }) => time,
      'timeout',
      (most) => stepsOf(10, 2 * most, 10),
    ),
  };
}

/** Rounded up, and not below the least. */
function stepsOf(step: number, value: number, least: number): number {
  return Math.max(least, Math.ceil(value / step) * step);
}

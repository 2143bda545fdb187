import type { ResourceUsage } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Processes } from '../database/processes';

/** A report is read for so long, in seconds: a process that says no more is busy, or gone. */
const freshSeconds = 15;

/** What one process sees. */
export interface ProcessReport {
  /** By server. */
  readonly servers: Readonly<Record<string, ResourceUsage>>;
  /** By job, of those that it runs. */
  readonly jobs: Readonly<Record<string, JobReport>>;
}

export interface JobReport {
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

/** Where processes tell each other what they see of servers and jobs. */
@Injectable()
export class ProcessReports {
  constructor(
    private readonly database: DataSource,
    private readonly processes: Processes,
  ) {}

  /** Replaces what this process told before. Need not be on the disk. */
  async tell(report: ProcessReport): Promise<void> {
    await this.database.query(
      `INSERT INTO process_reports (process_id, at, report)
       SELECT $1, now(), $2 FROM set_config('synchronous_commit', 'off', true)
       ON CONFLICT (process_id) DO UPDATE SET at = excluded.at, report = excluded.report`,
      [this.processes.id, JSON.stringify(report)],
    );
  }

  /** The latest of each process, the newest last. */
  async read(): Promise<ProcessReport[]> {
    const rows = await this.database.query<{ report: ProcessReport }[]>(
      `SELECT report FROM process_reports WHERE at > now() - make_interval(secs => ${freshSeconds}) ORDER BY at`,
    );
    return rows.map(({ report }) => report);
  }

  /** This process tells no more; those of processes that are gone go, too. */
  async withdraw(): Promise<void> {
    await this.database.query(
      `DELETE FROM process_reports WHERE process_id = $1 OR at < now() - interval '1 hour'`,
      [this.processes.id],
    );
  }
}

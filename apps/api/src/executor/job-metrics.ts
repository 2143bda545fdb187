import { Injectable } from '@nestjs/common';

import type { JobEnd } from '../executions/job-ends';
import type { ClaimedJob } from '../executions/job-store';
import { Metrics } from '../monitoring/metrics';

/** Around what is promised: 40 ms to the first instruction, half a second for everything around a script. */
const overheadBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const waitBuckets = [0.01, 0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600];
const runBuckets = [0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];

/** What this process counts of the jobs that it runs. Labels are words of ours: none grows with what users make. */
@Injectable()
export class JobMetrics {
  private readonly wait = this.metrics.histogram(
    'cronium_job_queue_wait_seconds',
    'From the trigger, or the end of a pause before another attempt, until the job got its place.',
    waitBuckets,
  );
  private readonly start = this.metrics.histogram(
    'cronium_job_start_seconds',
    'From the place of a job to the first instruction of its script.',
    overheadBuckets,
    'server_type',
  );
  private readonly lateness = this.metrics.histogram(
    'cronium_schedule_lateness_seconds',
    'From the time that a schedule meant to the first instruction of the script.',
    [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 120, 600],
  );
  private readonly run = this.metrics.histogram(
    'cronium_job_run_seconds',
    'From the first instruction of a script to its end.',
    runBuckets,
    'server_type',
  );
  private readonly visible = this.metrics.histogram(
    'cronium_job_end_visible_seconds',
    'From the end of a script until its end can be read.',
    overheadBuckets,
  );
  private readonly ends = this.metrics.counter(
    'cronium_jobs_ended_total',
    'Jobs that ended, by their state and whether that was the doing of the platform.',
    'state',
    'cause',
  );

  constructor(private readonly metrics: Metrics) {}

  started({ attempt, server, times }: ClaimedJob, startedAt: Date): void {
    this.wait.observe(secondsBetween(times.waitFrom, times.admittedAt));
    this.start.observe({ server_type: server.type }, secondsBetween(times.admittedAt, startedAt));
    if (times.dueAt && attempt === 1) this.lateness.observe(secondsBetween(times.dueAt, startedAt));
  }

  /** Once its end is on record. */
  ended({ server }: ClaimedJob, { state, error, usage, scriptEndedAt }: JobEnd): void {
    this.ends.inc({ state, cause: error?.platform ? 'platform' : 'script' });
    if (usage) this.run.observe({ server_type: server.type }, usage.wallMs / 1000);
    if (scriptEndedAt) this.visible.observe(secondsBetween(scriptEndedAt, new Date()));
  }
}

/** Clocks of two machines may differ by more than what lies between. */
function secondsBetween(from: Date, to: Date): number {
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}

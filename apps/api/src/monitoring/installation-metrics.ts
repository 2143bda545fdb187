import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { ExecutorRegistry } from '../executor/executor-registry';
import { Metrics } from './metrics';

interface Figures {
  readonly queued: number;
  readonly waiting: number;
  readonly running: number;
  readonly oldest: number | null;
  readonly healthy: number;
  readonly unhealthy: number;
  readonly short: number;
  readonly alerts: Readonly<Record<string, number>> | null;
  readonly backedUpAt: number | null;
}

/** What is true of the whole installation, the same from every process, and the sandboxes of this one. Asked when Prometheus asks. */
@Injectable()
export class InstallationMetrics {
  private readonly logger = new Logger(InstallationMetrics.name);
  private readonly up = this.metrics.gauge('cronium_database_up', 'Whether the database answers: 1 or 0.');
  private readonly jobs = this.metrics.gauge(
    'cronium_jobs',
    'Jobs that have not ended: in the queue, held back until their server is well, starting or running.',
    'state',
  );
  private readonly oldest = this.metrics.gauge(
    'cronium_oldest_queued_job_seconds',
    'How long the job has been in the queue that is there longest, of those that are due; 0 without one.',
  );
  private readonly servers = this.metrics.gauge(
    'cronium_servers',
    'Servers by their health; `short` are healthy and admit nothing, since their machine has too little left.',
    'health',
  );
  private readonly alerts = this.metrics.gauge(
    'cronium_alerts_open',
    'Alerts that are not resolved.',
    'severity',
  );
  private readonly backup = this.metrics.gauge(
    'cronium_last_backup_timestamp_seconds',
    'When the last backup was made, as Unix time; 0 without one.',
  );
  private readonly pool = this.metrics.gauge(
    'cronium_sandboxes',
    'Sandboxes of this process, of all its servers, by what they do.',
    'state',
  );

  constructor(
    private readonly database: DataSource,
    private readonly executors: ExecutorRegistry,
    private readonly metrics: Metrics,
  ) {
    metrics.collect(() => this.collect());
  }

  private async collect(): Promise<void> {
    await this.countSandboxes();
    try {
      const [figures] = await this.database.query<Figures[]>(statement);
      this.up.set(1);
      if (figures) this.set(figures);
    } catch (error) {
      // What was known is not true any more; that it is not is.
      this.up.set(0);
      this.logger.warn({ err: error }, 'Figures of the installation could not be read.');
    }
  }

  private set(figures: Figures): void {
    const { queued, waiting, running, oldest, healthy, unhealthy, short, alerts, backedUpAt } = figures;
    this.jobs.set({ state: 'queued' }, queued);
    this.jobs.set({ state: 'waiting_for_server' }, waiting);
    this.jobs.set({ state: 'running' }, running);
    this.oldest.set(oldest ?? 0);
    this.servers.set({ health: 'healthy' }, healthy);
    this.servers.set({ health: 'unhealthy' }, unhealthy);
    this.servers.set({ health: 'short' }, short);
    for (const severity of ['info', 'warning', 'critical'])
      this.alerts.set({ severity }, alerts?.[severity] ?? 0);
    this.backup.set(backedUpAt ?? 0);
  }

  private async countSandboxes(): Promise<void> {
    const sum = { ready: 0, starting: 0, inUse: 0 };
    for (const { type, executor } of (await this.executors.present()).values()) {
      if (type !== 'container') continue;
      // Without an engine there are none.
      const usage = await executor.getResourceUsage().catch(() => undefined);
      sum.ready += usage?.pool?.ready ?? 0;
      sum.starting += usage?.pool?.starting ?? 0;
      sum.inUse += usage?.pool?.inUse ?? 0;
    }
    this.pool.set({ state: 'ready' }, sum.ready);
    this.pool.set({ state: 'starting' }, sum.starting);
    this.pool.set({ state: 'in_use' }, sum.inUse);
  }
}

const statement = `
  SELECT job.*, health.*,
         (SELECT json_object_agg(severity, count) FROM
           (SELECT severity, count(*) FROM alerts WHERE resolved_at IS NULL GROUP BY severity) open) AS alerts,
         (SELECT extract(epoch FROM max(at))::float8 FROM backups) AS "backedUpAt"
    FROM (SELECT count(*) FILTER (WHERE state = 'queued' AND waiting_since IS NULL)::int AS queued,
                 count(*) FILTER (WHERE waiting_since IS NOT NULL)::int AS waiting,
                 count(*) FILTER (WHERE state IN ('starting', 'running'))::int AS running,
                 extract(epoch FROM now() - min(greatest(queued_at, not_before)) FILTER (
                   WHERE state = 'queued' AND waiting_since IS NULL AND (not_before IS NULL OR not_before <= now())))::float8 AS oldest
            FROM jobs WHERE state IN ('queued', 'starting', 'running')) job,
         (SELECT count(*) FILTER (WHERE healthy)::int AS healthy, count(*) FILTER (WHERE NOT healthy)::int AS unhealthy,
                 count(*) FILTER (WHERE healthy AND pressure IS NOT NULL)::int AS short
            FROM server_health) health`;

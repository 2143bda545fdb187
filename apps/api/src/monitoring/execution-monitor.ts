import { setTimeout as delay } from 'node:timers/promises';

import {
  type ExecutionMonitor as ExecutionMonitorDto,
  maxMonitoredJobs,
  maxMonitoredServers,
  type MonitoredJob,
  type MonitoredServer,
} from '@cronium/contracts';
import type { HealthStatus, HostPressure, ResourceUsage, ServerType } from '@cronium/server-types';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { Notifications } from '../database/notifications';
import { pressureMessage } from '../servers/host-pressures';
import { machineUsage } from '../servers/machine-usage';
import { type ProcessReport, ProcessReports } from './process-reports';

/** Workers report for so long after they were told that somebody looks. */
const watchedSeconds = 15;
const watchAgainMilliseconds = 5000;
/** How long the first who looks waits for the workers' first reports. */
const firstReportMilliseconds = 300;

/** Servers and jobs as they are now, over all processes. */
@Injectable()
export class ExecutionMonitor {
  private toldAt = -Infinity;

  constructor(
    private readonly database: DataSource,
    private readonly notifications: Notifications,
    private readonly reports: ProcessReports,
  ) {}

  /** For who looks on, and is likely to look again. */
  async snapshot(): Promise<ExecutionMonitorDto> {
    await this.watch();
    return this.read();
  }

  /** For who may not look at all: workers report once. */
  async glance(): Promise<ExecutionMonitorDto> {
    if (performance.now() - this.toldAt > watchedSeconds * 1000) await this.ask(0);
    return this.read();
  }

  private async read(): Promise<ExecutionMonitorDto> {
    const [servers, jobs, reports] = await Promise.all([
      this.readServers(),
      this.readJobs(),
      this.reports.read(),
    ]);
    const known = Object.assign({}, ...reports.map((report) => report.jobs)) as ProcessReport['jobs'];
    return {
      at: new Date().toISOString(),
      servers: servers.map((server) =>
        toServer(
          server,
          reports.flatMap((report) => report.servers[server.id] ?? []),
          jobs.filter(({ serverId }) => serverId === server.id).map((job) => toJob(job, known)),
        ),
      ),
    };
  }

  private async watch(): Promise<void> {
    const since = performance.now() - this.toldAt;
    if (since < watchAgainMilliseconds) return;
    this.toldAt = performance.now();
    if (since < watchedSeconds * 1000) await this.tell(watchedSeconds);
    else await this.ask(watchedSeconds);
  }

  private tell(seconds: number): Promise<void> {
    return this.notifications.publish(this.database.manager, { kind: 'monitor.watched', seconds });
  }

  /** Nobody has looked: the first reports are yet to come. */
  private async ask(seconds: number): Promise<void> {
    await this.tell(seconds);
    await delay(firstReportMilliseconds);
  }

  private readServers(): Promise<ServerRow[]> {
    return this.database.query(
      `SELECT server.id, server.name, server.type, health.healthy, health.reason, health.pressure, count.queued::int
         FROM servers server
         LEFT JOIN server_health health ON health.server_id = server.id,
              LATERAL (SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
                              count(*) FILTER (WHERE state <> 'queued') AS active
                         FROM jobs WHERE jobs.server_id = server.id AND state IN ('queued', 'starting', 'running')) count
        ORDER BY server.is_system_managed DESC, count.active > 0 DESC, lower(server.name), server.id
        LIMIT ${maxMonitoredServers}`,
    );
  }

  private readJobs(): Promise<JobRow[]> {
    return this.database.query(
      `SELECT job.id, job.server_id AS "serverId", job.execution_id AS "executionId", execution.event_name AS "eventName",
              owner.name AS "user", coalesce(job.started_at, job.starting_at) AS "startedAt"
         FROM jobs job
         JOIN executions execution ON execution.id = job.execution_id
         JOIN users owner ON owner.id = execution.owner_id
        WHERE job.state IN ('starting', 'running')
        ORDER BY job.id LIMIT ${maxMonitoredJobs}`,
    );
  }
}

interface ServerRow {
  readonly id: string;
  readonly name: string;
  readonly type: ServerType;
  readonly healthy: boolean | null;
  readonly reason: HealthStatus['reason'] | null;
  readonly pressure: HostPressure | null;
  readonly queued: number;
}

interface JobRow {
  readonly id: string;
  readonly serverId: string | null;
  readonly executionId: string;
  readonly eventName: string;
  readonly user: string;
  readonly startedAt: Date;
}

/** @param usages as each process sees the server, the newest last */
function toServer(
  row: ServerRow,
  usages: readonly ResourceUsage[],
  activeJobs: MonitoredJob[],
): MonitoredServer {
  // A process knows what its own jobs use in containers; of a host each knows all.
  const counted = row.type === 'container' ? usages : usages.slice(-1);
  const sum = (figure: (usage: ResourceUsage) => number | undefined) =>
    counted.reduce((total, usage) => total + (figure(usage) ?? 0), 0);
  const last = usages.at(-1);
  const reason = reasonOf(row);
  const machine = machineOf(usages);
  const hasPool = counted.some(({ pool }) => pool);
  return {
    ...{ id: row.id, name: row.name, type: row.type, healthy: row.healthy ?? false },
    ...(reason !== undefined && { reason }),
    cpu: { usedPercent: rounded(sum(({ cpu }) => cpu.usedPercent)), limitCores: last?.cpu.limitCores ?? 0 },
    memory: {
      usedBytes: sum(({ memory }) => memory.usedBytes),
      limitBytes: last?.memory.limitBytes ?? 0,
    },
    disk: { usedBytes: sum(({ disk }) => disk.usedBytes), limitBytes: last?.disk.limitBytes ?? 0 },
    ...(machine && { machine }),
    ...(hasPool && {
      pool: {
        ready: sum(({ pool }) => pool?.ready),
        starting: sum(({ pool }) => pool?.starting),
        inUse: sum(({ pool }) => pool?.inUse),
      },
    }),
    activeJobs,
    queued: row.queued,
  };
}

/** As the process says that heard from it last. */
function machineOf(usages: readonly ResourceUsage[]): MonitoredServer['machine'] {
  const machines = usages.flatMap((usage) => machineUsage(usage) ?? []);
  const last = machines.reduce<ResourceUsage | undefined>(
    (latest, one) => (latest && latest.at > one.at ? latest : one),
    undefined,
  );
  return last && { cpuPercent: rounded(last.cpu.usedPercent), memory: last.memory, disk: last.disk };
}

/** Why it starts nothing; undefined when it does. */
function reasonOf({ healthy, reason, pressure, name }: ServerRow): string | undefined {
  if (!healthy) return reason?.message ?? 'It was not checked yet.';
  return pressure ? pressureMessage(name, pressure) : undefined;
}

function toJob(row: JobRow, known: ProcessReport['jobs']): MonitoredJob {
  const { cpuPercent, memoryBytes } = known[row.id] ?? { cpuPercent: 0, memoryBytes: 0 };
  return {
    jobId: row.id,
    executionId: row.executionId,
    eventName: row.eventName,
    user: row.user,
    startedAt: row.startedAt.toISOString(),
    cpuPercent: rounded(cpuPercent),
    memoryBytes,
  };
}

const rounded = (percent: number): number => Math.round(percent * 10) / 10;

import type { ResourceUsage } from '@cronium/server-types';
import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Subscription } from 'rxjs';

import { Notifications } from '../database/notifications';
import { ExecutorRegistry, type PresentExecutor } from '../executor/executor-registry';
import { UsageRecorder } from '../executor/usage-recorder';
import { ServerHealth } from '../servers/server-health';
import { WakeLoop } from '../wake-loop';
import { type JobReport, type ProcessReport, ProcessReports } from './process-reports';

const reportMilliseconds = 1000;
/** Woken earlier when somebody looks. */
const unwatchedMilliseconds = 3_600_000;
/** Asking an ssh host takes a command on it, so what one said is told for so long. */
const askAgainMilliseconds = 5000;

interface Known {
  readonly askedAt: number;
  usage: ResourceUsage | undefined;
}

/** While somebody looks, a worker tells each second what its servers and jobs use. Otherwise it does nothing. */
@Injectable()
export class LiveReporter implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(LiveReporter.name);
  private readonly loop = new WakeLoop(
    () => this.report(),
    (error) => this.logger.warn({ err: error }, 'What servers and jobs use could not be told.'),
  );
  private readonly known = new Map<string, Known>();
  private watchedUntil = -Infinity;
  private isAsked = false;
  private listening: Subscription | undefined;

  constructor(
    private readonly executors: ExecutorRegistry,
    private readonly recorder: UsageRecorder,
    private readonly reports: ProcessReports,
    private readonly health: ServerHealth,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.listening = this.notifications.messages.subscribe((message) => {
      if (message.kind !== 'monitor.watched') return;
      this.isAsked = !this.isWatched;
      this.watchedUntil = Math.max(this.watchedUntil, performance.now() + message.seconds * 1000);
      if (this.isAsked) this.loop.wake();
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.listening?.unsubscribe();
    await this.loop.stop();
    await this.reports.withdraw().catch(() => undefined); // a database that is away; the report is soon too old
  }

  private get isWatched(): boolean {
    return performance.now() < this.watchedUntil;
  }

  /** Milliseconds until the next. */
  private async report(): Promise<number> {
    if (!this.isWatched && !this.isAsked) return unwatchedMilliseconds;
    this.isAsked = false;
    await this.reports.tell({ servers: await this.servers(), jobs: this.jobs() });
    return this.isWatched ? reportMilliseconds : unwatchedMilliseconds;
  }

  private jobs(): ProcessReport['jobs'] {
    const jobs: Record<string, JobReport> = {};
    for (const [id, { cpuPercent, memoryBytes }] of this.recorder.latest())
      jobs[id] = { cpuPercent, memoryBytes };
    return jobs;
  }

  private async servers(): Promise<ProcessReport['servers']> {
    const present = await this.executors.present();
    const servers: Record<string, ResourceUsage> = {};
    for (const id of this.known.keys()) if (!present.has(id)) this.known.delete(id);
    for (const [id, executor] of present) {
      const usage = await this.usageOf(id, executor);
      if (usage) servers[id] = usage;
    }
    return servers;
  }

  /** A container server's is known here; what a host says is told when it has said it. */
  private async usageOf(id: string, { type, executor }: PresentExecutor): Promise<ResourceUsage | undefined> {
    if (type === 'container') return executor.getResourceUsage().catch(() => undefined); // its health tells why
    const before = this.known.get(id);
    const now = performance.now();
    if (this.health.last(id)?.healthy === false) return undefined;
    if (before && now - before.askedAt < askAgainMilliseconds) return before.usage;
    const asked: Known = { askedAt: now, usage: before?.usage };
    this.known.set(id, asked);
    executor.getResourceUsage().then(
      (usage) => (asked.usage = usage),
      () => (asked.usage = undefined),
    );
    return asked.usage;
  }
}

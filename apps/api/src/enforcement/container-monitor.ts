import type { ScriptEnd, ScriptUsage, ServerExecutor } from '@cronium/execution';
import type { HealthStatus, JobUsage, ResourceUsage } from '@cronium/server-types';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

import { type EnforcedLimit, EnforcementActions } from './enforcement-actions';
import { type JobLimits, limitOfEnd, nearLimits, usesOf } from './job-limits';

const lookMilliseconds = 1000;

/** A job, as who enforces its limits sees it. */
export interface MonitoredRun extends JobLimits {
  readonly jobId: string;
  readonly serverId: string;
}

/** Who runs a job tells what becomes of it. */
export interface RunInSight {
  started(at: Date): void;
  hear(usage: ScriptUsage): void;
  /** Resolves when the limit that has ended it, if one has, is on record. */
  ended(end: ScriptEnd, usage: JobUsage): Promise<void>;
  /** It has ended, or another process has it. */
  leave(): void;
}

interface Run {
  readonly job: MonitoredRun;
  startedAt: Date | undefined;
  last: ScriptUsage | undefined;
  /** Milliseconds of this process's clock: of a quiet script is told only now and then, while its time goes on. */
  heardAt: number;
  readonly warned: Set<string>;
}

/**
 * The health of container servers, and the limits of the jobs that this process runs, on whatever server. What ends a job at its limit is
 * beside its script (the runner, and the kernel): a limit holds also while nobody here looks. Here is known how near the others are, and all
 * of it is recorded. It costs nothing while nothing runs: no timer, no statement, and never a call to the engine for a single container.
 */
@Injectable()
export class ContainerMonitor implements OnModuleDestroy {
  private readonly logger = new Logger(ContainerMonitor.name);
  private readonly runs = new Set<Run>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly actions: EnforcementActions) {}

  /** Engine and image of a container server, then its pool, jobs and what its machine has left. Never rejects. */
  async checkHealth(executor: ServerExecutor): Promise<ContainerHealth> {
    const health = await executor.checkHealth();
    const usage = await executor.getResourceUsage().catch(() => undefined); // its health tells why
    return { health, usage };
  }

  /** Limits of this job are watched until it is left. */
  watch(job: MonitoredRun): RunInSight {
    const run: Run = { job, startedAt: undefined, last: undefined, heardAt: 0, warned: new Set() };
    this.runs.add(run);
    this.timer ??= setInterval(() => void this.enforceResourceLimits(), lookMilliseconds).unref();
    return {
      started: (at) => (run.startedAt = at),
      hear: (usage) => Object.assign(run, { last: usage, heardAt: performance.now() }),
      ended: (end, usage) => this.recordEnd(run, end, usage),
      leave: () => this.leave(run),
    };
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /**
   * Warns of the jobs that have come near a limit since the last look: each of each limit once. And removes what killed runners have left on
   * a server, where it is time for that.
   *
   * @param due a server whose leftovers nobody has looked for within the hour
   */
  async enforceResourceLimits(due?: DueServer): Promise<void> {
    await Promise.all([this.warn(), due && this.sweep(due)]);
  }

  private async warn(): Promise<void> {
    const news = [...this.runs].flatMap((run) => this.newlyNear(run));
    if (news.length === 0) return;
    try {
      await this.actions.record(news.map(({ action }) => action));
    } catch (error) {
      for (const { run, action } of news) run.warned.delete(action.resource);
      this.logger.warn({ err: error }, 'Jobs near their limits could not be recorded; it is tried again.');
    }
  }

  private async sweep({ serverId, executor }: DueServer): Promise<void> {
    try {
      const { workspaces, bytes } = await executor.removeLeftovers();
      if (workspaces === 0) return;
      this.logger.log({ serverId, workspaces, bytes }, 'Removed what killed runners had left.');
      const swept = { kind: 'swept', bound: null, serverId } as const;
      await this.actions.record([
        { ...swept, resource: 'workspaces', used: workspaces },
        { ...swept, resource: 'disk', used: bytes },
      ]);
    } catch (error) {
      this.logger.warn({ err: error, serverId }, 'What killed runners have left could not be removed.');
    }
  }

  private newlyNear(run: Run): { readonly run: Run; readonly action: EnforcedLimit }[] {
    const { job, last, startedAt, heardAt, warned } = run;
    if (!last || !startedAt) return [];
    const at = new Date(last.at.getTime() + performance.now() - heardAt);
    const near = nearLimits(usesOf(job, { ...last, at }, startedAt)).filter(
      ({ resource }) => !warned.has(resource),
    );
    for (const { resource } of near) warned.add(resource);
    return near.map((use) => ({ run, action: actionOf(job, 'warned', use) }));
  }

  private async recordEnd({ job, last }: Run, end: ScriptEnd, usage: JobUsage): Promise<void> {
    const limit = limitOfEnd(job, end, usage, last);
    if (limit) await this.actions.record([actionOf(job, 'ended', limit)]);
  }

  private leave(run: Run): void {
    this.runs.delete(run);
    if (this.runs.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

export interface DueServer {
  readonly serverId: string;
  readonly executor: ServerExecutor;
}

/** What a check of a container server finds; usage is unknown where the engine does not answer. */
export interface ContainerHealth {
  readonly health: HealthStatus;
  readonly usage: ResourceUsage | undefined;
}

function actionOf(
  { jobId, serverId }: MonitoredRun,
  kind: 'warned' | 'ended',
  use: Pick<EnforcedLimit, 'resource' | 'used'> & { readonly bound: number },
): EnforcedLimit {
  return { kind, jobId, serverId, ...use };
}

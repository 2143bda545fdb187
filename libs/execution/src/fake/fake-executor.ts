import type { HealthStatus, ResourceUsage } from '@cronium/server-types';

import { ExecutionError } from '../execution-error';
import type {
  Leftovers,
  ScriptExecutionRequest,
  ScriptExecutionResult,
  ScriptObserver,
  ServerExecutor,
} from '../port';
import { JobFollower } from '../runner/job-follower';
import { type JobGround, type Placement, RunnerExit } from '../runner/job-ground';
import { GREETING_MS, RunnerSession } from '../runner/runner-session';
import type { ScriptHandle } from '../script-handle';
import { FakeRunner } from './fake-runner';

/** A server that outlives its executors, as a real one does: scripts go on in it after a disconnect, and can be resumed. */
export class FakeServer implements JobGround {
  /** Set to make the server refuse jobs and report itself unhealthy. */
  outage: ExecutionError | undefined;
  /** What its machine has left; undefined where nobody tells. */
  host: ResourceUsage['host'];
  /** What killed runners have left on it; removed at once. */
  leftovers: Leftovers = { workspaces: 0, bytes: 0 };
  readonly patienceSeconds = 30;
  private readonly runners = new Map<string, FakeRunner>();

  /** Jobs that anything is left of. */
  get jobIds(): string[] {
    return [...this.runners.keys()];
  }

  async place(request: ScriptExecutionRequest, signal: AbortSignal): Promise<Placement> {
    signal.throwIfAborted();
    if (this.outage) {
      throw this.outage;
    }
    const present = this.runners.get(request.jobId);
    if (present?.hasJob) {
      throw new ExecutionError(
        'internal_error',
        `Job ${request.jobId} is here already; a job is run at most once.`,
      );
    }
    // One that was never given its job is what a process that died has left.
    present?.vanish();
    const runner = new FakeRunner();
    this.runners.set(request.jobId, runner);
    const session = new RunnerSession(runner.connect());
    await session.greeted(GREETING_MS);
    return this.placement(request.jobId, session);
  }

  find(handle: ScriptHandle): Promise<Placement> {
    const runner = this.runners.get(handle.jobId);
    return runner
      ? Promise.resolve(this.placement(handle.jobId, new RunnerSession(runner.connect())))
      : Promise.reject(new ExecutionError('script_lost', `Nothing of job ${handle.jobId} can be found.`));
  }

  private placement(jobId: string, session: RunnerSession): Placement {
    return {
      location: { executor: 'fake' },
      session,
      prepare: () => Promise.resolve(),
      sent: () => undefined,
      reconnect: () => Promise.resolve(new RunnerExit(false, 'The fake runner vanished.')),
      remove: () => {
        session.close();
        this.runners.get(jobId)?.vanish();
        this.runners.delete(jobId);
        return Promise.resolve();
      },
      release: () => session.close(),
    };
  }
}

/** Obeys the contract of `ServerExecutor` and runs nothing: for tests of what uses one. */
export class FakeExecutor implements ServerExecutor {
  private readonly jobs: JobFollower;

  constructor(private readonly server: FakeServer = new FakeServer()) {
    // A fake's placement is always removed.
    this.jobs = new JobFollower(server, () => undefined);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    return this.jobs.release();
  }

  executeScript(
    request: ScriptExecutionRequest,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    return this.jobs.execute(request, observer, signal);
  }

  resumeScript(
    handle: ScriptHandle,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    return this.jobs.resume(handle, observer, signal);
  }

  checkHealth(): Promise<HealthStatus> {
    const { outage } = this.server;
    return Promise.resolve({
      healthy: !outage,
      checkedAt: new Date().toISOString(),
      latencyMs: 0,
      reason: outage && { code: outage.code, message: outage.message },
    });
  }

  getResourceUsage(): Promise<ResourceUsage> {
    const { host } = this.server;
    const nothing = { usedBytes: 0, limitBytes: 0 };
    return Promise.resolve({
      at: new Date().toISOString(),
      cpu: { usedPercent: 0, limitCores: 1 },
      memory: nothing,
      disk: nothing,
      ...(host && { host }),
      activeJobs: this.jobs.activeJobs,
    });
  }

  removeLeftovers(): Promise<Leftovers> {
    const { leftovers } = this.server;
    this.server.leftovers = { workspaces: 0, bytes: 0 };
    return Promise.resolve(leftovers);
  }
}

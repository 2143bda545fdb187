import type { HealthStatus, ResourceUsage } from '@cronium/server-types';
import Docker from 'dockerode';
import { readFile } from 'node:fs/promises';

import type { ExecutorContext, ExecutorServer } from '../create-server-executor';
import { ExecutionError, ExecutorDisconnectedError } from '../execution-error';
import type { ScriptExecutionRequest, ScriptExecutionResult, ScriptObserver, ServerExecutor } from '../port';
import { FrameType } from '../runner/protocol';
import { ScriptRun } from '../runner/script-run';
import type { ScriptHandle } from '../script-handle';
import { UsageMeter } from './usage-meter';
import type { SpecContext } from './container-spec';
import { dockerOptions } from './docker-options';
import { engineError } from './engine-errors';
import { checkHealth } from './health';
import { type JobGround, type Placement } from './placement';
import { Reconnector } from './reconnector';
import { GREETING_MS, checkVersion } from './sandbox';
import { SandboxGround } from './sandbox-ground';
import { thisProcess } from './sandbox-owner';
import { SharedGround } from './shared-ground';

/** Used sandboxes are removed behind the jobs' backs; with this many waiting the engine is behind, and jobs wait for it. */
const MAX_PENDING_REMOVALS = 32;

/** Runs scripts in containers of one Docker engine. */
export class ContainerExecutor implements ServerExecutor {
  private readonly docker: Docker;
  private readonly ground: JobGround;
  private readonly usage: UsageMeter;
  private readonly runs = new Map<ScriptRun, Placement>();
  private readonly removals = new Set<Promise<void>>();
  private seccompProfile: Promise<string> | undefined;

  constructor(
    private readonly server: ExecutorServer,
    private readonly context: ExecutorContext,
  ) {
    this.docker = new Docker(dockerOptions(context.dockerHost));
    const spec = () => this.specContext();
    this.ground =
      server.containerConfig.isolation === 'job'
        ? new SandboxGround(this.docker, server, context, spec)
        : new SharedGround(this.docker, server, context, spec);
    this.usage = new UsageMeter(this.docker);
  }

  connect(): Promise<void> {
    return this.ground.open();
  }

  async disconnect(): Promise<void> {
    for (const [run, placement] of this.runs) {
      run.fail(new ExecutorDisconnectedError());
      placement.release();
    }
    this.runs.clear();
    await this.ground.close();
    await Promise.all(this.removals);
  }

  async executeScript(
    request: ScriptExecutionRequest,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    while (this.removals.size >= MAX_PENDING_REMOVALS) {
      await Promise.race(this.removals);
    }
    let placement: Placement;
    try {
      placement = await this.ground.place(request, signal);
    } catch (cause) {
      if (signal.aborted) {
        return neverStarted();
      }
      throw engineError(cause, 'starting a sandbox');
    }
    const run = new ScriptRun(observer, signal, 0);
    return this.follow(run, placement, async () => {
      const handle: ScriptHandle = {
        version: 1,
        jobId: request.jobId,
        location: { ...placement.location },
        ackedSeq: 0,
      };
      await Promise.all([placement.claim(request), observer.onHandle(handle)]);
      if (signal.aborted) {
        run.conclude(neverStarted());
        return;
      }
      run.join(placement.session);
      placement.session.send(FrameType.Job, request);
      run.expectEnd(request);
    });
  }

  async resumeScript(
    handle: ScriptHandle,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    const placement = await this.ground.find(handle);
    const run = new ScriptRun(observer, signal, handle.ackedSeq);
    return this.follow(run, placement, async () => {
      run.join(placement.session);
      placement.session.resume(handle.ackedSeq);
      const hello = await placement.session.greeted(GREETING_MS);
      checkVersion(hello);
      if (hello.jobId !== handle.jobId) {
        throw new ExecutionError('script_lost', `The script of job ${handle.jobId} had not been started.`);
      }
      run.expectEnd({
        timeoutSeconds: hello.timeoutSeconds ?? 0,
        killGraceSeconds: hello.killGraceSeconds ?? 0,
      });
    });
  }

  async checkHealth(): Promise<HealthStatus> {
    return checkHealth(this.docker, () => this.ground.check());
  }

  async getResourceUsage(): Promise<ResourceUsage> {
    try {
      const { resourceLimits, maxConcurrentJobs } = this.server.containerConfig;
      return {
        ...(await this.usage.measure(
          await this.ground.containerIds(),
          resourceLimits.diskMb * maxConcurrentJobs,
        )),
        pool: this.ground.poolCounts(),
        activeJobs: this.runs.size,
      };
    } catch (cause) {
      throw engineError(cause, 'measuring its containers');
    }
  }

  /** From a placed runner to the result. Removal starts before this resolves and is not waited for: `disconnect` does that. */
  private async follow(
    run: ScriptRun,
    placement: Placement,
    begin: () => Promise<void>,
  ): Promise<ScriptExecutionResult> {
    this.runs.set(run, placement);
    const reconnector = new Reconnector(run, placement);
    run.onDisconnected = (cause) => reconnector.reconnect(cause);
    begin().catch((cause: unknown) => run.fail(beginError(cause)));
    try {
      return await run.result;
    } finally {
      // After a disconnect the job is no longer ours to end.
      if (this.runs.delete(run)) {
        this.remove(placement);
      }
    }
  }

  private remove(placement: Placement): void {
    const removal = placement
      .remove()
      .catch((err: unknown) =>
        this.context.logger.warn(
          { serverId: this.server.id, location: placement.location, err },
          'A sandbox could not be removed; the sweeper will.',
        ),
      )
      .finally(() => this.removals.delete(removal));
    this.removals.add(removal);
  }

  private async specContext(): Promise<SpecContext> {
    // Whitespace out: the profile travels with every container.
    this.seccompProfile ??= readFile(this.context.seccompProfilePath, 'utf8').then((text) =>
      JSON.stringify(JSON.parse(text)),
    );
    return {
      installationId: this.context.installationId,
      serverId: this.server.id,
      owner: thisProcess(),
      image: this.server.containerConfig.image,
      seccompProfile: await this.seccompProfile,
    };
  }
}

function beginError(cause: unknown): ExecutionError {
  if (cause instanceof ExecutionError) {
    return cause;
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExecutionError('internal_error', `The script was not started: ${reason}`, { cause });
}

/** The end of a job that was cancelled before it had a process. */
function neverStarted(): ScriptExecutionResult {
  const now = new Date();
  return {
    end: { kind: 'cancelled' },
    usage: { wallMs: 0, cpuUserMs: 0, cpuSystemMs: 0, peakMemoryBytes: 0, outputBytes: 0 },
    startedAt: now,
    endedAt: now,
  };
}

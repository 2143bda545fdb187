import { setTimeout as delay } from 'node:timers/promises';

import {
  ExecutionError,
  ExecutorDisconnectedError,
  ScriptNotStartedError,
  ScriptTakenOverError,
} from '../execution-error';
import type { ScriptExecutionRequest, ScriptExecutionResult, ScriptObserver, ScriptUsage } from '../port';
import type { ScriptHandle } from '../script-handle';
import type { JobGround, Placement } from './job-ground';
import { Reconnector } from './reconnector';
import { GREETING_MS, RunnerLostError, type RunnerSession, checkVersion } from './runner-session';
import { ScriptRun, lostScript } from './script-run';

/** Placements are removed behind the jobs' backs; with this many waiting the server is behind, and new jobs wait for it. */
const MAX_PENDING_REMOVALS = 32;

/** What is ending is waited for so long when all jobs are let go of. */
const ENDING_MS = 5_000;

/** Why a runner cannot be looked for now. */
const AWAY: readonly string[] = ['engine_unavailable', 'container_unavailable'];
const RETRY_MS = 500;

/** Takes jobs from their placement to their result: the part of `ServerExecutor` that is the same wherever runners are. */
export class JobFollower {
  private readonly runs = new Map<ScriptRun, Placement>();
  private readonly removals = new Set<Promise<void>>();
  /** Rises when all jobs are let go of: one that was about to begin then does not. */
  private releases = 0;

  constructor(
    private readonly ground: JobGround,
    private readonly onRemoveFailed: (placement: Placement, error: unknown) => void,
  ) {}

  get activeJobs(): number {
    return this.runs.size;
  }

  /** The streams to their runners. */
  get sessions(): RunnerSession[] {
    return [...this.runs.values()].map(({ session }) => session);
  }

  /** What the jobs used at last, summed. */
  get usage(): Pick<ScriptUsage, 'cpuPercent' | 'memoryBytes' | 'diskBytes'> {
    const sum = { cpuPercent: 0, memoryBytes: 0, diskBytes: 0 };
    for (const { usage } of this.runs.keys()) {
      sum.cpuPercent += usage?.cpuPercent ?? 0;
      sum.memoryBytes += usage?.memoryBytes ?? 0;
      sum.diskBytes += usage?.diskBytes ?? 0;
    }
    return sum;
  }

  /** As `ServerExecutor.executeScript`. */
  async execute(
    request: ScriptExecutionRequest,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    while (this.removals.size >= MAX_PENDING_REMOVALS) {
      await Promise.race(this.removals);
    }
    const isAborted = () => signal.aborted;
    const releases = this.releases;
    let placement: Placement;
    try {
      placement = await this.ground.place(request, signal);
    } catch (error) {
      if (isAborted()) {
        return neverStarted();
      }
      throw error;
    }
    if (releases !== this.releases) {
      this.remove(placement);
      throw new ExecutorDisconnectedError();
    }
    const run = new ScriptRun(observer, signal, 0);
    return this.follow(run, placement, async () => {
      if (isAborted()) {
        run.conclude(neverStarted());
        return;
      }
      const location = { ...placement.location };
      await placement.prepare(request);
      await observer.onHandle({ version: 1, jobId: request.jobId, location, ackedSeq: 0 });
      // Asked anew, since the wait may have been long.
      if (isAborted()) {
        run.conclude(neverStarted());
        return;
      }
      run.start(placement.session, request);
      placement.sent(request);
    });
  }

  /** As `ServerExecutor.resumeScript`. */
  async resume(
    handle: ScriptHandle,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    const releases = this.releases;
    const placement = await this.findPatiently(handle, signal);
    if (releases !== this.releases) {
      placement.release();
      throw new ExecutorDisconnectedError();
    }
    const run = new ScriptRun(observer, signal, handle.ackedSeq);
    return this.follow(run, placement, async () => {
      run.join(placement.session);
      placement.session.resume(handle.ackedSeq);
      const hello = await placement.session.greeted(GREETING_MS).catch((cause: unknown) => {
        // Whoever answers there, it is not the runner of this job.
        throw cause instanceof ExecutionError
          ? cause
          : lostScript(new Error('Its runner is gone.', { cause }));
      });
      checkVersion(hello);
      if (hello.jobId !== handle.jobId) {
        throw new ScriptNotStartedError(handle.jobId);
      }
      run.expectEnd({
        timeoutSeconds: hello.timeoutSeconds ?? 0,
        killGraceSeconds: hello.killGraceSeconds ?? 0,
      });
    });
  }

  /** Lets go of all jobs without ending them, and waits until what has ended, or is ending, is removed. */
  async release(): Promise<void> {
    this.releases += 1;
    const ending = [...this.runs.keys()].filter(({ isEnding }) => isEnding);
    this.letGo(([run]) => !ending.includes(run));
    if (ending.length > 0) {
      const ends = Promise.allSettled(ending.map(({ result }) => result));
      await Promise.race([ends, delay(ENDING_MS, undefined, { ref: false })]);
      this.letGo(([run]) => ending.includes(run));
    }
    await Promise.all(this.removals);
  }

  private letGo(which: (job: [ScriptRun, Placement]) => boolean): void {
    for (const [run, placement] of [...this.runs].filter(which)) {
      this.runs.delete(run);
      run.fail(new ExecutorDisconnectedError());
      placement.release();
    }
  }

  /** A server that is away for a moment is no sign that the script is lost; one that stays away is. */
  private async findPatiently(handle: ScriptHandle, signal: AbortSignal): Promise<Placement> {
    const releases = this.releases;
    const end = performance.now() + this.ground.patienceSeconds * 1000;
    for (;;) {
      try {
        return await this.ground.find(handle);
      } catch (error) {
        const isAway = error instanceof ExecutionError && AWAY.includes(error.code);
        if (!isAway || signal.aborted) throw error;
        if (releases !== this.releases) throw new ExecutorDisconnectedError();
        if (performance.now() > end) throw lostScript(error);
      }
      await delay(RETRY_MS);
    }
  }

  private async follow(
    run: ScriptRun,
    placement: Placement,
    begin: () => Promise<void>,
  ): Promise<ScriptExecutionResult> {
    this.runs.set(run, placement);
    const reconnector = new Reconnector(run, placement, this.ground.patienceSeconds);
    run.onDisconnected = (cause) => reconnector.reconnect(cause);
    begin().catch((cause: unknown) => {
      // Of a lost connection the run has heard, and is being reconnected.
      if (!(cause instanceof RunnerLostError)) {
        run.fail(beginError(cause));
      }
    });
    try {
      return await run.result;
    } catch (error) {
      if (error instanceof ScriptTakenOverError && this.runs.delete(run)) {
        placement.release();
      }
      if (error instanceof ScriptNotStartedError && this.runs.delete(run)) {
        // Until it is gone nothing can be prepared anew.
        this.remove(placement);
        await Promise.all(this.removals);
      }
      throw error;
    } finally {
      // After a release the job is no longer ours to end.
      if (this.runs.delete(run)) {
        this.remove(placement);
      }
    }
  }

  private remove(placement: Placement): void {
    const removal = placement
      .remove()
      .catch((error: unknown) => this.onRemoveFailed(placement, error))
      .finally(() => this.removals.delete(removal));
    this.removals.add(removal);
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

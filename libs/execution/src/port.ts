import type { HealthStatus, JobUsage, ResourceLimits, ResourceUsage } from '@cronium/server-types';

import type { ScriptEnd } from './script-end';
import type { ScriptHandle } from './script-handle';

/** Languages a runner can start. The runner finds the interpreter where it runs. */
export type ScriptLanguage = 'bash' | 'python' | 'nodejs';

/** One script to run once. Everything in it travels on the runner's stream, never in argv, container environment or a shared file. */
export interface ScriptExecutionRequest {
  /** The job's id (UUID). Names the sandbox's label and the handle; an executor runs an id at most once. */
  readonly jobId: string;
  readonly language: ScriptLanguage;
  /** The script's source, UTF-8. */
  readonly script: string;
  /** Added to the runner's clean environment (PATH, HOME, LANG, TMPDIR); never the API's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the `input` helper answers. Any JSON value; `null` when the trigger gave none. */
  readonly input: unknown;
  /** What the `event` helper answers: facts about the event and execution, safe to show to the script. */
  readonly event: Readonly<Record<string, unknown>>;
  /** Limits that hold for this job; already the stricter of server and event. */
  readonly limits: ResourceLimits;
  /** Wall time from the script's start to a forced end, in seconds. */
  readonly timeoutSeconds: number;
  /** Between SIGTERM and SIGKILL on timeout and cancel, in seconds. */
  readonly killGraceSeconds: number;
}

/** A piece of output: one stream, one read of the runner. */
export interface ScriptOutput {
  /** The runner's frame number. Rises within a job, not always by one; the value to resume after. */
  readonly seq: number;
  readonly stream: 'stdout' | 'stderr';
  /** When the runner read it. */
  readonly at: Date;
  /** Raw bytes, at most 64 KiB. Never cuts a valid UTF-8 character; may hold invalid UTF-8, as the script wrote it. */
  readonly data: Buffer;
}

/** What a script uses while it runs. */
export interface ScriptUsage {
  /** When the runner looked. */
  readonly at: Date;
  /** CPU of all its processes, user and system, since the sample before or the start: percent of one core, so that two busy cores are 200. */
  readonly cpuPercent: number;
  /** Memory of its processes that no file backs, in bytes. */
  readonly memoryBytes: number;
  /** What its workspace holds, in bytes. */
  readonly diskBytes: number;
  /** What it has printed so far, stdout and stderr together, in bytes. */
  readonly outputBytes: number;
  /** How many processes it has. */
  readonly processes: number;
}

/** A helper call made by the script, to be answered live. */
export interface HelperRequest {
  readonly method: 'output';
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * Hears what happens to one script. The executor calls one observer from one job only, in this order:
 * `onHandle`, `onStarted`, then `onOutput` and `onHelper` in the order of the script's acts.
 *
 * A rejected promise from any of them means the platform cannot go on with the job: the executor ends the
 * script and rejects with that error as the cause. A resume calls `onHandle` and `onStarted` again only if the first
 * run had not reached them.
 */
export interface ScriptObserver {
  /** The handle must be durable when this resolves: the script is not started before. */
  onHandle(handle: ScriptHandle): Promise<void>;
  /** The script's process exists. */
  onStarted(startedAt: Date): void;
  /**
   * Resolves when the output is durable; only then is it acknowledged to the runner. Calls come in order and do not wait
   * for each other, so an observer may batch. The executor stops reading when too much is unacknowledged (back-pressure).
   */
  onOutput(output: ScriptOutput): Promise<void>;
  /**
   * About each second while the script runs and what it uses changes, and every five seconds while it does not; after a resume first when
   * there are two samples. Some may be missing (a lost connection, a stream that is behind), and all where a host has no
   * python3: a figure to look at, which nothing waits for.
   */
  onUsage(usage: ScriptUsage): void;
  /** The answer goes back to the script. A rejection with `HelperError` becomes the script's error. */
  onHelper(request: HelperRequest): Promise<unknown>;
  /**
   * The runner told how the script ended, after all of its output was durable. The end must be durable when this resolves: only then may the
   * runner forget it, and what the script ran in is removed. Not called for an end that no runner told.
   */
  onEnd(result: ScriptExecutionResult): Promise<void>;
}

/** What was removed. */
export interface Leftovers {
  readonly workspaces: number;
  /** On disk. */
  readonly bytes: number;
}

/** How a script ended, and what it used. A platform failure is never here: it is a rejected `ExecutionError`. */
export interface ScriptExecutionResult {
  readonly end: ScriptEnd;
  readonly usage: JobUsage;
  readonly startedAt: Date;
  readonly endedAt: Date;
}

/**
 * Runs scripts on one server. One instance a server, shared by all its jobs.
 *
 * Concurrency: `executeScript`, `resumeScript`, `checkHealth` and `getResourceUsage` may be called at the same time, any
 * number of times; limits on how many belong to the caller. `connect` and `disconnect` may be called repeatedly and are
 * idempotent.
 */
export interface ServerExecutor {
  /**
   * Prepares the server (warm pool, sweeper, connection). Does not fail when the server is unreachable: it goes on trying in the
   * background, and `checkHealth` tells. Optional: `executeScript` works without it, only slower.
   */
  connect(): Promise<void>;

  /** Leaves the server: removes idle sandboxes, stops timers and lets go of running jobs without ending them (they can be resumed). */
  disconnect(): Promise<void>;

  /**
   * Runs one script to its end. Resolves with a `ScriptExecutionResult` for every end the script or its limits caused, also
   * for cancel (`signal` aborted: SIGTERM to all of its processes, SIGKILL after the grace). Rejects with an `ExecutionError` when the platform failed.
   * All output has been given to the observer, and acknowledged by it, before it resolves; nothing of the job remains on the server.
   */
  executeScript(
    request: ScriptExecutionRequest,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult>;

  /**
   * Takes over a script that is running, or has ended, after its first client was lost. Output continues after `handle.ackedSeq`, without gap or
   * repetition. Rejects with `ExecutionError` code `script_lost` when nothing of it can be found.
   */
  resumeScript(
    handle: ScriptHandle,
    observer: ScriptObserver,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult>;

  checkHealth(): Promise<HealthStatus>;

  getResourceUsage(): Promise<ResourceUsage>;

  /**
   * Removes the workspaces of runners that were killed, or went with the power of their machine; never one of which anything lives. One
   * light command; nothing where workspaces go by themselves. Rejects when the server cannot be asked.
   */
  removeLeftovers(): Promise<Leftovers>;
}

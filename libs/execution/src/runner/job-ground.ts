import type { ScriptExecutionRequest } from '../port';
import type { ScriptHandle } from '../script-handle';
import type { RunnerSession } from './runner-session';

/** A runner that has one job, or is about to get it, and how to deal with it. */
export interface Placement {
  /** Finds it again in another process; goes into the handle. */
  readonly location: Readonly<Record<string, string>>;
  /** The connection it was placed, or found, with. */
  readonly session: RunnerSession;
  /** Makes the runner fit for this job. Before the job is sent. */
  prepare(request: Pick<ScriptExecutionRequest, 'limits'>): Promise<void>;
  /** The job is sent, and its handle stored. */
  sent(request: Pick<ScriptExecutionRequest, 'jobId'>): void;
  /** After a lost connection: a new one, or how the runner ended. Rejects when neither can be had now. */
  reconnect(): Promise<RunnerSession | RunnerExit>;
  /** Ends whatever is left of the job and removes it. Idempotent. */
  remove(): Promise<void>;
  /** Closes the connection and leaves the job alone. */
  release(): void;
}

/** The runner ended without reporting an end. */
export class RunnerExit {
  constructor(
    readonly outOfMemory: boolean,
    readonly description: string,
  ) {}
}

/** A server's way to keep jobs apart: where their runners are, and how to reach them. */
export interface JobGround {
  /** How long a lost connection is tried again before its job is `script_lost`, in seconds. */
  readonly patienceSeconds: number;
  /** A runner that waits for this job. Rejects with an `ExecutionError`, or with the signal's reason when it aborts. */
  place(request: ScriptExecutionRequest, signal: AbortSignal): Promise<Placement>;
  /** The runner that a handle names. Rejects with `script_lost` when nothing of it can be found. */
  find(handle: ScriptHandle): Promise<Placement>;
}

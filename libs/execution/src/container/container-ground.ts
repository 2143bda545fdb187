import type { ResourceUsage } from '@cronium/server-types';

import type { Leftovers, ScriptExecutionRequest } from '../port';
import type { JobGround, Placement } from '../runner/job-ground';
import type { HostRoom } from '../runner/messages';

/** Long enough for an engine that restarts. */
export const ENGINE_PATIENCE_SECONDS = 30;

/** What a server's containers run on. */
export interface Machine {
  readonly cores: number;
  readonly memoryBytes: number;
}

/** What isolations `job` and `shared` both do. */
export interface ContainerGround extends JobGround {
  place(job: Pick<ScriptExecutionRequest, 'jobId' | 'limits'>, signal: AbortSignal): Promise<Placement>;
  /** Gets ready for jobs; does not fail when the engine is away. Idempotent. */
  open(): Promise<void>;
  /** Removes what serves no job. Jobs go on. Idempotent. */
  close(): Promise<void>;
  /** Rejects with why no job could run now. */
  check(): Promise<void>;
  poolCounts(): ResourceUsage['pool'];
  /** What runners that wait for a job told of their machine at last. */
  waitingRooms(): readonly HostRoom[];
  machine(): Promise<Machine>;
  /** Asks the machine by a command of its own; undefined where runners that wait tell of it anyway. */
  measure(): Promise<HostRoom | undefined>;
  /** As `ServerExecutor.removeLeftovers`. */
  sweep(): Promise<Leftovers>;
}

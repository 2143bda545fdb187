import type { ResourceUsage } from '@cronium/server-types';

import type { JobGround } from '../runner/job-ground';
import type { Leftovers } from '../port';
import type { HostRoom } from '../runner/messages';
import type { RunnerSession } from '../runner/runner-session';

/** Long enough for an engine that restarts. */
export const ENGINE_PATIENCE_SECONDS = 30;

/** What isolations `job` and `shared` both do. */
export interface ContainerGround extends JobGround {
  /** Gets ready for jobs; does not fail when the engine is away. Idempotent. */
  open(): Promise<void>;
  /** Removes what serves no job. Jobs go on. Idempotent. */
  close(): Promise<void>;
  /** Rejects with why no job could run now. */
  check(): Promise<void>;
  poolCounts(): ResourceUsage['pool'];
  /** The streams to runners that wait for a job. */
  waitingSessions(): readonly RunnerSession[];
  /** Asks the machine by a command of its own; undefined where runners that wait tell of it anyway. */
  measure(): Promise<HostRoom | undefined>;
  /** As `ServerExecutor.removeLeftovers`. */
  sweep(): Promise<Leftovers>;
}

import type { EventType, Priority, TargetStrategy } from '@cronium/contracts';

import type { Caller } from '../auth/policy';
import type { Event } from './event.entity';

/** An event at its present version, ready to be started. */
export interface RunnableEvent {
  readonly versionId: string;
  readonly name: string;
  readonly type: EventType;
  /** Whose access to servers counts, whoever triggers the event. */
  readonly owner: Owner;
  readonly serverIds: readonly string[];
  readonly serverTag: string | null;
  readonly targetStrategy: TargetStrategy;
  readonly overlap: OverlapRule;
  readonly joining: JoinRule;
  readonly priority: Priority;
}

/** Columns of an event that say how its executions stand to each other. */
export type OverlapRule = Pick<Event, 'overlapPolicy' | 'maxConcurrentExecutions' | 'maxQueuedExecutions'>;

/** Columns of an event that say which triggers share an execution. */
export type JoinRule = Pick<Event, 'debounceSeconds' | 'coalesce'>;

export type Owner = Pick<Caller, 'id' | 'role'>;

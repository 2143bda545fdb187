import { AsyncLocalStorage } from 'node:async_hooks';

import type { TraceContext } from './trace-context';

/** What is being done for whom: it goes with everything that is called from it, and each line of the log tells it. */
export interface Correlation {
  readonly requestId?: string;
  readonly executionId?: string;
  readonly jobId?: string;
  readonly eventId?: string | null;
  readonly serverId?: string;
  readonly trace?: TraceContext | null;
}

const storage = new AsyncLocalStorage<Correlation>();

/** Does it, and what it leads to, under these ids; those that were there before are not kept. */
export function correlate<Result>(ids: Correlation, act: () => Result): Result {
  return storage.run(ids, act);
}

/** For what lives on when the request or the job that happened to begin it is over. */
export function uncorrelated<Result>(act: () => Result): Result {
  return storage.exit(act);
}

/** Where the present request or job stands in a trace; null when it is in none. */
export function presentTrace(): TraceContext | null {
  return storage.getStore()?.trace ?? null;
}

/** The ids, as fields of a line of the log. */
export function logFields(): Record<string, string> {
  const ids = storage.getStore();
  if (!ids) return {};
  const { trace, ...own } = ids;
  const fields = { ...own, traceId: trace?.traceId, spanId: trace?.spanId };
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === 'string'),
  );
}

import {
  ExecutionError,
  ExecutorDisconnectedError,
  type HelperRequest,
  type ScriptExecutionResult,
  type ScriptObserver,
  ScriptTakenOverError,
} from '@cronium/execution';

import type { JobEnd } from '../executions/job-ends';
import type { ClaimedJob } from '../executions/job-store';
import type { Correlation } from '../tracing/correlation';
import { type TraceContext, traceEnvironment } from '../tracing/trace-context';
import { NoTracing, type Span, type Tracing } from '../tracing/tracing';

/** Of a script that calls helpers without end these are told, and then their number alone. */
const mostHelperSpans = 100;

/**
 * The spans of one job in this process. The job's own has an id that follows from the job's: whichever process records the end tells of the same
 * span, which the script was given at its start.
 */
export class JobTrace {
  private readonly tracing: Tracing;
  private readonly job: Span;
  private phase: Span | undefined;
  private helperRequests = 0;

  constructor(
    tracing: Tracing,
    private readonly claimed: ClaimedJob,
  ) {
    const { id, trace: parent, times, handle, previousJobId } = claimed;
    // An execution that began in no trace has none later: nobody could find it there.
    this.tracing = parent ? tracing : new NoTracing();
    const links = parent && previousJobId ? [{ ...parent, spanId: spanIdOf(previousJobId) }] : [];
    this.job = this.tracing.begin('job', {
      ...{ kind: 'consumer', parent, links, id: spanIdOf(id), startedAt: times.startingAt },
      attributes: attributesOf(claimed),
    });
    if (handle) this.job.set({ 'cronium.job.resumed': true });
    else this.begin('queue wait', times.waitFrom, parent).end(times.startingAt);
  }

  /** What each line of the log about the job tells. */
  get correlation(): Correlation {
    const { id: jobId, executionId, event, server } = this.claimed;
    return { jobId, executionId, eventId: event.id, serverId: server.id, trace: this.job.context };
  }

  /** For the script: what it does goes on within the job. A trace context that its event sets itself stays as it is. */
  withContext(environment: Record<string, string>): Record<string, string> {
    const { context } = this.job;
    return context && !('TRACEPARENT' in environment)
      ? { ...traceEnvironment(context), ...environment }
      : environment;
  }

  /** From here to the handle a place for the script is looked for. */
  acquires(): void {
    this.enter('acquire server');
  }

  /** The same observer, whose script is followed. */
  watch(observer: ScriptObserver): ScriptObserver {
    return {
      ...observer,
      onHandle: async (handle) => {
        await observer.onHandle(handle);
        this.enter('start script');
      },
      onStarted: (startedAt) => {
        this.leave(startedAt);
        observer.onStarted(startedAt);
      },
      onHelper: (request) => this.answering(request, () => observer.onHelper(request)),
      onEnd: (result) => {
        this.ran(result);
        return observer.onEnd(result);
      },
    };
  }

  /** It was not run here to its end: by an error of the platform, or since it is another's now, who tells of it. */
  broke(error: unknown): void {
    const isAnothers = error instanceof ExecutorDisconnectedError || error instanceof ScriptTakenOverError;
    if (!isAnothers) this.phase?.fail(error instanceof ExecutionError ? error.code : 'internal_error');
    if (isAnothers) this.phase = undefined;
    this.leave();
  }

  /** The write of the end, after which the job is over. */
  async recording(end: JobEnd, write: () => Promise<void>): Promise<void> {
    const span = this.begin('record end', undefined, this.job.context);
    await write();
    span.end();
    this.job.set({
      'cronium.job.state': end.state,
      'cronium.job.error': end.error?.code,
      'cronium.job.helper_requests': this.helperRequests,
      'process.exit.code': end.exitCode,
      'cronium.job.signal': end.signal,
    });
    if (end.error?.platform) this.job.fail(end.error.code, end.error.message);
    this.job.end();
  }

  private ran({ startedAt, endedAt }: ScriptExecutionResult): void {
    this.leave();
    this.begin('run script', startedAt, this.job.context).end(endedAt);
  }

  private async answering(request: HelperRequest, answer: () => Promise<unknown>): Promise<unknown> {
    this.helperRequests += 1;
    if (this.helperRequests > mostHelperSpans) return answer();
    const span = this.tracing.begin(`helper ${request.method}`, { kind: 'server', parent: this.job.context });
    try {
      return await answer();
    } catch (error) {
      span.set({ 'cronium.helper.refused': true });
      throw error;
    } finally {
      span.end();
    }
  }

  private enter(name: string): void {
    this.leave();
    this.phase = this.begin(name, undefined, this.job.context);
  }

  private leave(at?: Date): void {
    this.phase?.end(at);
    this.phase = undefined;
  }

  private begin(name: string, startedAt: Date | undefined, parent: TraceContext | null): Span {
    return this.tracing.begin(name, { parent, ...(startedAt && { startedAt }) });
  }
}

/** The second half of a UUID, which is random. */
function spanIdOf(jobId: string): string {
  return jobId.replaceAll('-', '').slice(16);
}

function attributesOf({ id, executionId, attempt, trigger, event, server }: ClaimedJob) {
  return {
    'cronium.event.id': event.id ?? undefined,
    'cronium.event.name': event.name,
    'cronium.execution.id': executionId,
    'cronium.execution.trigger': trigger,
    'cronium.job.id': id,
    'cronium.job.attempt': attempt,
    'cronium.server.id': server.id,
    'cronium.server.name': server.name,
    'cronium.server.type': server.type,
  };
}

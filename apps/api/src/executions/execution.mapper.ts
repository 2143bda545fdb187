import {
  type Execution as ExecutionDto,
  type ExecutionSummary,
  type Job as JobDto,
  lateAfterSeconds,
  type QueueTurn,
  type WaitingFor,
} from '@cronium/contracts';

import { parseTraceContext } from '../tracing/trace-context';
import type { Execution } from './execution.entity';
import type { Job } from './job.entity';

/** What an execution shows of other tables. */
export type ExecutionRelations = Pick<ExecutionDto, 'triggeredBy' | 'version'>;

export function toExecutionDto(
  execution: Execution,
  relations: ExecutionRelations,
  jobs: readonly Job[],
  turns: ReadonlyMap<string, QueueTurn>,
): ExecutionDto {
  return {
    ...shared(execution, relations),
    // The column holds what the schema let in: any JSON value.
    input: (execution.input ?? null) as ExecutionDto['input'],
    targetStrategy: execution.targetStrategy,
    error: execution.error,
    ...traceOf(execution),
    jobs: jobs.map((job) => toJobDto(job, turns.get(job.id) ?? null)),
  };
}

/** What a list needs of the jobs of an execution. */
export type JobBrief = Pick<
  Job,
  'position' | 'serverName' | 'error' | 'exitCode' | 'waitingFor' | 'waitingSince' | 'waitUntil'
>;

/** @param jobs by position and attempt: of several attempts on a server the last one counts */
export function toExecutionSummary(
  execution: Execution,
  relations: ExecutionRelations,
  attempts: readonly JobBrief[],
): ExecutionSummary {
  const jobs = attempts.filter(({ position }, index) => attempts[index + 1]?.position !== position);
  return {
    ...shared(execution, relations),
    servers: jobs.map((job) => job.serverName),
    error: execution.error ?? jobs.find((job) => job.error)?.error ?? null,
    exitCode: jobs.find((job) => job.exitCode)?.exitCode ?? null,
    waitingFor: jobs.map(toWaitingFor).find((waiting) => waiting !== null) ?? null,
  };
}

/** What a job waits for beside its turn. */
export function toWaitingFor({
  waitingFor,
  waitingSince,
  waitUntil,
}: Pick<Job, 'waitingFor' | 'waitingSince' | 'waitUntil'>): WaitingFor | null {
  if (!waitingFor || !waitingSince || !waitUntil) return null;
  const { code, message } = waitingFor;
  return {
    ...{ reason: 'server_unhealthy', code, message },
    ...{ since: waitingSince.toISOString(), until: waitUntil.toISOString() },
  };
}

export function toJobDto(job: Job, queue: QueueTurn | null): JobDto {
  return {
    id: job.id,
    serverId: job.serverId,
    serverName: job.serverName,
    serverType: job.serverType,
    attempt: job.attempt,
    state: job.state,
    waitingFor: toWaitingFor(job),
    queue,
    queuedAt: job.queuedAt.toISOString(),
    startingAt: isoOrNull(job.startingAt),
    startedAt: isoOrNull(job.startedAt),
    scriptEndedAt: isoOrNull(job.scriptEndedAt),
    endedAt: isoOrNull(job.endedAt),
    ...(job.exitCode === null ? {} : { exitCode: job.exitCode }),
    ...(job.signal === null ? {} : { signal: job.signal }),
    ...(job.error === null ? {} : { error: job.error }),
    ...(job.usage === null ? {} : { usage: job.usage }),
    ...(job.output === null ? {} : { output: job.output as NonNullable<JobDto['output']> }),
    logEntries: job.logEntries,
    logBytes: Number(job.logBytes),
    logRemovedAt: isoOrNull(job.logRemovedAt),
  };
}

function shared(execution: Execution, relations: ExecutionRelations) {
  return {
    id: execution.id,
    eventId: execution.eventId,
    eventName: execution.eventName,
    eventType: execution.eventType,
    state: execution.state,
    trigger: execution.trigger,
    ...relations,
    triggers: execution.triggers,
    plannedAt: isoOrNull(execution.plannedAt),
    createdAt: execution.createdAt.toISOString(),
    startedAt: isoOrNull(execution.startedAt),
    lateSeconds: lateSecondsOf(execution),
    endedAt: isoOrNull(execution.endedAt),
  };
}

function traceOf({ traceparent }: Execution): Pick<ExecutionDto, 'traceId'> {
  const trace = parseTraceContext(traceparent);
  return trace ? { traceId: trace.traceId } : {};
}

function lateSecondsOf({ startedAt, dueAt }: Execution): number | null {
  if (!startedAt || !dueAt) return null;
  const late = Math.floor((startedAt.getTime() - dueAt.getTime()) / 1000);
  return late > lateAfterSeconds ? late : null;
}

function isoOrNull(date: Date | null): string | null {
  return date && date.toISOString();
}

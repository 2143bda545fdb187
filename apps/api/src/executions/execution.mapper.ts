import type { Execution as ExecutionDto, ExecutionSummary, Job as JobDto } from '@cronium/contracts';

import type { Execution } from './execution.entity';
import type { Job } from './job.entity';

type TriggeredBy = ExecutionDto['triggeredBy'];

export function toExecutionDto(
  execution: Execution,
  triggeredBy: TriggeredBy,
  jobs: readonly Job[],
): ExecutionDto {
  return {
    ...shared(execution, triggeredBy),
    // The column holds what the schema let in: any JSON value.
    input: (execution.input ?? null) as ExecutionDto['input'],
    jobs: jobs.map(toJobDto),
  };
}

/** What a list needs of the jobs of an execution. */
export type JobBrief = Pick<Job, 'serverName' | 'error' | 'exitCode'>;

export function toExecutionSummary(
  execution: Execution,
  triggeredBy: TriggeredBy,
  jobs: readonly JobBrief[],
): ExecutionSummary {
  return {
    ...shared(execution, triggeredBy),
    servers: jobs.map((job) => job.serverName),
    error: jobs.find((job) => job.error)?.error ?? null,
    exitCode: jobs.find((job) => job.exitCode)?.exitCode ?? null,
  };
}

export function toJobDto(job: Job): JobDto {
  return {
    id: job.id,
    serverId: job.serverId,
    serverName: job.serverName,
    serverType: job.serverType,
    attempt: job.attempt,
    state: job.state,
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
  };
}

function shared(execution: Execution, triggeredBy: TriggeredBy) {
  return {
    id: execution.id,
    eventId: execution.eventId,
    eventName: execution.eventName,
    eventType: execution.eventType,
    state: execution.state,
    trigger: execution.trigger,
    triggeredBy,
    createdAt: execution.createdAt.toISOString(),
    startedAt: isoOrNull(execution.startedAt),
    endedAt: isoOrNull(execution.endedAt),
  };
}

function isoOrNull(date: Date | null): string | null {
  return date && date.toISOString();
}

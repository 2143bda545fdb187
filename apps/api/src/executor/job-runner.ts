import {
  HelperError,
  type HelperRequest,
  type ScriptExecutionRequest,
  type ScriptExecutionResult,
  type ScriptLanguage,
  type ScriptObserver,
} from '@cronium/execution';
import { containerConfigSchema, type ResourceLimits, strictestLimits } from '@cronium/server-types';
import { Injectable, Logger } from '@nestjs/common';

import { openEnvironment } from '../events/stored-environment';
import { JobLogStore } from '../executions/job-log-store';
import { type ClaimedJob, type JobEnd, JobStore } from '../executions/job-store';
import { SecretsService } from '../secrets/secrets.service';
import { ExecutorRegistry } from './executor-registry';
import { toJobEnd, toPlatformEnd } from './job-end';
import { LogWriter } from './log-writer';

const languages: Record<ClaimedJob['event']['type'], ScriptLanguage> = {
  BASH: 'bash',
  PYTHON: 'python',
  NODEJS: 'nodejs',
};

const killGraceSeconds = 5;
/** Serialised size of what a script may give to `output`, in bytes. */
const maxOutputBytes = 1024 * 1024;

/** Runs one job: from the claim of its row to the record of its end. */
@Injectable()
export class JobRunner {
  private readonly logger = new Logger(JobRunner.name);

  constructor(
    private readonly jobs: JobStore,
    private readonly logs: JobLogStore,
    private readonly executors: ExecutorRegistry,
    private readonly secrets: SecretsService,
  ) {}

  /**
   * Runs a delivered job, or takes over its script when one is running, and records the end.
   *
   * @param signal ends the script as cancelled
   * @param letGo aborted when this process leaves the script to a successor: then nothing is recorded
   */
  async run(jobId: string, signal: AbortSignal, letGo: AbortSignal): Promise<void> {
    const job = await this.jobs.claim(jobId);
    const end = job ? await this.endOf(job, signal) : ({ state: 'lost' } satisfies JobEnd);
    if (letGo.aborted) return;
    await this.jobs.finish(jobId, end);
  }

  private async endOf(job: ClaimedJob, signal: AbortSignal): Promise<JobEnd> {
    const limits = limitsOf(job);
    try {
      const result = await this.execute(job, limits, signal);
      return toJobEnd(result, limits, job.event.timeoutSeconds);
    } catch (error) {
      this.logger.warn(
        { err: error, jobId: job.id, server: job.server.name },
        'A job ended by a platform failure.',
      );
      return toPlatformEnd(error);
    }
  }

  private async execute(
    job: ClaimedJob,
    limits: ResourceLimits,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    const executor = await this.executors.get(job.server);
    const started: Promise<void>[] = [];
    const observer = this.observe(job, started);
    const result = job.handle
      ? await executor.resumeScript({ ...job.handle, ackedSeq: job.logFrame }, observer, signal)
      : await executor.executeScript(this.requestOf(job, limits), observer, signal);
    await Promise.all(started);
    return result;
  }

  private observe(job: ClaimedJob, started: Promise<void>[]): ScriptObserver {
    const log = new LogWriter(job.logEntries, (chunks, frame) => this.logs.append(job, chunks, frame));
    return {
      onHandle: (handle) => this.jobs.saveHandle(job.id, handle),
      onStarted: (startedAt) => {
        started.push(this.jobs.markStarted(job, startedAt));
      },
      onOutput: (output) => log.write(output),
      onHelper: (request) => this.answerHelper(job, request),
    };
  }

  private async answerHelper(job: ClaimedJob, { params }: HelperRequest): Promise<unknown> {
    const value = params['value'] ?? null;
    if (Buffer.byteLength(JSON.stringify(value)) > maxOutputBytes) {
      throw new HelperError(
        'The output is larger than 1 MiB. Print it, or store it elsewhere and give its place.',
      );
    }
    await this.jobs.saveOutput(job.id, value);
    return null;
  }

  private requestOf(job: ClaimedJob, limits: ResourceLimits): ScriptExecutionRequest {
    const { event } = job;
    if (event.id === null) throw new Error(`The event of job ${job.id} was deleted.`);
    return {
      jobId: job.id,
      language: languages[event.type],
      script: event.content,
      environment: openEnvironment(this.secrets, event.id, event.environment),
      input: job.input ?? null,
      event: {
        id: event.id,
        name: event.name,
        type: event.type,
        version: event.version,
        executionId: job.executionId,
        jobId: job.id,
        attempt: job.attempt,
        trigger: job.trigger,
        server: job.server.name,
      },
      limits,
      timeoutSeconds: event.timeoutSeconds,
      killGraceSeconds,
    };
  }
}

function limitsOf({ server, event }: ClaimedJob): ResourceLimits {
  return strictestLimits(containerConfigSchema.parse(server.containerConfig).resourceLimits, event.limits);
}

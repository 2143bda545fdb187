import {
  ExecutionError,
  ExecutorDisconnectedError,
  HelperError,
  type HelperRequest,
  type ScriptExecutionRequest,
  type ScriptExecutionResult,
  type ScriptLanguage,
  type ScriptObserver,
  ScriptNotStartedError,
  ScriptTakenOverError,
} from '@cronium/execution';
import { isLoaderVariable, type ResourceLimits, strictestLimits } from '@cronium/server-types';
import { Injectable, Logger } from '@nestjs/common';

import { Patience } from '../database/patience';
import { unstorableIn } from '../database/storable';
import { ContainerMonitor, type RunInSight } from '../enforcement/container-monitor';
import { openEnvironment, secretValuesOf } from '../events/stored-environment';
import { JobLogStore } from '../executions/job-log-store';
import { type JobEnd, JobEnds } from '../executions/job-ends';
import { type ClaimedJob, JobStore } from '../executions/job-store';
import { SecretsService } from '../secrets/secrets.service';
import { capacityOf } from '../servers/server-config';
import { correlate } from '../tracing/correlation';
import { Tracing } from '../tracing/tracing';
import { isMadeKnown, isNotTried, waitsFor } from './away-policy';
import { ExecutorRegistry } from './executor-registry';
import {
  accessLost,
  environmentRefused,
  failedBy,
  type Outage,
  setupTimedOut,
  toJobEnd,
  toPlatformEnd,
  waitedInVain,
} from './job-end';
import { JobMetrics } from './job-metrics';
import { JobTrace } from './job-trace';
import { JobWaits } from './job-waits';
import { LogWriter } from './log-writer';
import { MaskingLog } from './masking-log';
import { SecretMask } from './secret-mask';
import { SetupLimit } from './setup-limit';
import { type UsageOfJob, UsageRecorder } from './usage-recorder';
import { Writes } from './writes';

const languages: Record<ClaimedJob['event']['type'], ScriptLanguage> = {
  BASH: 'bash',
  PYTHON: 'python',
  NODEJS: 'nodejs',
};

/** A job that has not ended: its script goes on without this process, it waits for its server, another process has it; or its end is on record. */
type NoEnd = 'goes_on' | 'waits' | 'taken' | 'recorded';

/** A script is sent only after its handle is stored; from the first attempt to do so nobody may start it a second time. */
interface ScriptProgress {
  mayHaveStarted: boolean;
  readonly setup: SetupLimit;
  /** Whether the end is on record. */
  isRecorded: boolean;
}

/** Serialised size of what a script may give to `output`, in bytes. */
const maxOutputBytes = 1024 * 1024;

/** Runs one job: from the claim of its row to the record of its end. */
@Injectable()
export class JobRunner {
  private readonly logger = new Logger(JobRunner.name);

  constructor(
    private readonly jobs: JobStore,
    private readonly ends: JobEnds,
    private readonly logs: JobLogStore,
    private readonly executors: ExecutorRegistry,
    private readonly waits: JobWaits,
    private readonly secrets: SecretsService,
    private readonly usage: UsageRecorder,
    private readonly monitor: ContainerMonitor,
    private readonly patience: Patience,
    private readonly metrics: JobMetrics,
    private readonly tracing: Tracing,
  ) {}

  /**
   * Runs a delivered job, or takes over its script when one is running, and records the end; or puts it to wait for its server.
   *
   * What must be written is written when a database that went away is back; the script runs on meanwhile.
   *
   * @param signal ends the script as cancelled; with a ScriptTakenOverError as its reason the script is let go of
   * @returns false when the server was left while the script ran: nothing is recorded, a successor takes it over
   */
  async run(jobId: string, signal: AbortSignal): Promise<boolean> {
    const job = await this.patience.persist(() => this.jobs.claim(jobId));
    if (!job) {
      await this.patience.persist(() => this.ends.finishUnclaimed(jobId));
      return true;
    }
    const trace = new JobTrace(this.tracing, job);
    return correlate(trace.correlation, () => this.runClaimed(job, trace, signal));
  }

  private async runClaimed(job: ClaimedJob, trace: JobTrace, signal: AbortSignal): Promise<boolean> {
    const end = await this.endOf(job, trace, signal);
    if (end === 'goes_on') return false;
    // Let go of though it is ours: it was just being taken over. Then it is delivered once more.
    if (end === 'taken') return !(await this.patience.persist(() => this.jobs.isMine(job.id)));
    if (typeof end === 'object') await this.record(job, trace, end);
    return true;
  }

  private async record(job: ClaimedJob, trace: JobTrace, end: JobEnd): Promise<void> {
    await trace.recording(end, () => this.patience.persist(() => this.ends.finish(job.id, end)));
    this.metrics.ended(job, end);
  }

  private async endOf(job: ClaimedJob, trace: JobTrace, signal: AbortSignal): Promise<JobEnd | NoEnd> {
    // What runs already goes on, whoever has lost access meanwhile.
    if (!job.handle && job.isCancelRequested) return { state: 'cancelled' };
    if (!job.handle && !job.server.mayBeUsed) return accessLost(job);
    const refused = refusedVariable(job);
    if (!job.handle && refused !== undefined) return environmentRefused(job, refused);
    return (await this.endBefore(job)) ?? this.endOfTry(job, trace, signal);
  }

  /** What becomes of a job whose server is known to be away; null when it is tried. */
  private async endBefore(job: ClaimedJob): Promise<JobEnd | NoEnd | null> {
    const { fault } = job.server;
    if (job.handle || !fault) return null;
    if (waitsFor(job, fault.code)) return this.hold(job, fault, false);
    return isNotTried(job) ? failedBy(fault) : null;
  }

  private async endOfTry(job: ClaimedJob, trace: JobTrace, signal: AbortSignal): Promise<JobEnd | NoEnd> {
    const limits = limitsOf(job);
    const script: ScriptProgress = {
      ...{ mayHaveStarted: job.handle !== null, isRecorded: false },
      setup: new SetupLimit(job),
    };
    try {
      const result = await this.execute(job, limits, script, trace, signal);
      if (script.isRecorded) return 'recorded';
      return signal.reason instanceof ScriptTakenOverError
        ? 'taken'
        : endFrom(result, job, limits, script, signal);
    } catch (error) {
      trace.broke(error);
      if (error instanceof ExecutorDisconnectedError) return 'goes_on';
      if (error instanceof ScriptTakenOverError) return 'taken';
      if (error instanceof ScriptNotStartedError) return await this.startAnew(job, trace, signal);
      if (script.setup.isOver && !script.setup.isDone && !signal.aborted) return setupTimedOut(job);
      const outcome =
        error instanceof ExecutionError && !script.mayHaveStarted ? await this.afterOutage(job, error) : null;
      if (outcome) return outcome;
      this.logger.warn(
        { err: error, jobId: job.id, server: job.server.name },
        'A job ended by a platform failure.',
      );
      return toPlatformEnd(error);
    } finally {
      script.setup.end();
    }
  }

  /** The process that had it was gone before it could start the script, which nobody starts any more. */
  private async startAnew(job: ClaimedJob, trace: JobTrace, signal: AbortSignal): Promise<JobEnd | NoEnd> {
    if (!(await this.patience.persist(() => this.jobs.forgetHandle(job.id)))) return 'taken';
    return this.endOf({ ...job, handle: null }, trace, signal);
  }

  /** The job found its server away before its script could be started: null when it fails of that. */
  private async afterOutage(
    job: ClaimedJob,
    { code, message }: ExecutionError,
  ): Promise<JobEnd | NoEnd | null> {
    if (waitsFor(job, code)) return this.hold(job, { code, message }, true);
    if (isMadeKnown(job, code))
      await this.patience.persist(() => this.waits.makeKnown(job, { code, message }));
    return null;
  }

  private async hold(job: ClaimedJob, outage: Outage, isNews: boolean): Promise<JobEnd | NoEnd | null> {
    const { code, message } = outage;
    const outcome = await this.patience.persist(() => this.waits.hold(job, { code, message }, isNews));
    switch (outcome) {
      case 'waits':
        return 'waits';
      case 'server_is_back':
        return null;
      case 'time_is_up':
        return waitedInVain(outage);
      case 'cancelled':
        return { state: 'cancelled' };
      case 'taken':
        return 'taken';
    }
  }

  private async execute(
    job: ClaimedJob,
    limits: ResourceLimits,
    script: ScriptProgress,
    trace: JobTrace,
    signal: AbortSignal,
  ): Promise<ScriptExecutionResult> {
    if (!job.handle) trace.acquires();
    const executor = await this.patience.persist(() => this.executors.get(job.server));
    if (this.executors.hasLeft) throw new ExecutorDisconnectedError();
    const started: Promise<void>[] = [];
    const writes = new Writes();
    const ending = AbortSignal.any([signal, script.setup.signal]);
    const { timeoutSeconds } = job.event;
    const usage = this.usage.follow(job.id);
    const sight = this.monitor.watch({ jobId: job.id, serverId: job.server.id, limits, timeoutSeconds });
    const observer = trace.watch(
      this.observe(job, limits, script, trace, signal, started, writes, usage, sight),
    );
    try {
      const result = job.handle
        ? await executor.resumeScript({ ...job.handle, ackedSeq: job.logFrame }, observer, ending)
        : await executor.executeScript(this.requestOf(job, limits, trace), observer, ending);
      await Promise.all(started);
      return result;
    } finally {
      usage.end();
      sight.leave();
      // A successor reads how far the log has come: nothing may be added to it behind its back.
      await writes.settled();
    }
  }

  private observe(
    job: ClaimedJob,
    limits: ResourceLimits,
    script: ScriptProgress,
    trace: JobTrace,
    signal: AbortSignal,
    started: Promise<void>[],
    writes: Writes,
    usage: UsageOfJob,
    sight: RunInSight,
  ): ScriptObserver {
    const mask = this.maskOf(job);
    const writer = new LogWriter(job.logEntries, (chunks, frame) =>
      this.patience.persist(() => this.logs.append(job, chunks, frame)),
    );
    const log = new MaskingLog(mask, (output) => writer.write(output));
    return {
      onHandle: (handle) => {
        script.mayHaveStarted = true;
        return this.patience.persist(() => this.jobs.saveHandle(job.id, handle));
      },
      onStarted: (startedAt) => {
        script.setup.end();
        sight.started(startedAt);
        this.metrics.started(job, startedAt);
        // Followed, since it is waited for only at the script's end: Node ends a process for a failure that nobody hears until then.
        started.push(writes.follow(this.patience.persist(() => this.jobs.markStarted(job, startedAt))));
      },
      onOutput: (output) => writes.follow(log.write(output)),
      onUsage: (figures) => {
        usage.hear(figures);
        sight.hear(figures);
      },
      onHelper: (request) => writes.follow(this.answerHelper(job, mask, request)),
      onEnd: async (result) => {
        await Promise.all(started);
        await writes.follow(this.patience.persist(() => sight.ended(result.end, result.usage)));
        const end = endFrom(result, job, limits, script, signal);
        await writes.follow(this.record(job, trace, end));
        script.isRecorded = true;
      },
    };
  }

  private async answerHelper(job: ClaimedJob, mask: SecretMask, { params }: HelperRequest): Promise<unknown> {
    const value = params['value'] ?? null;
    if (Buffer.byteLength(JSON.stringify(value)) > maxOutputBytes) {
      throw new HelperError(
        'The output is larger than 1 MiB. Print it, or store it elsewhere and give its place.',
      );
    }
    if (unstorableIn(value).length > 0) {
      throw new HelperError(
        'The output holds a NUL character or half of a surrogate pair, which cannot be stored. Give such bytes as Base64.',
      );
    }
    const shown = mask.isEmpty ? value : mask.applyToValue(value);
    await this.patience.persist(() => this.jobs.saveOutput(job.id, shown));
    return null;
  }

  private maskOf({ event }: ClaimedJob): SecretMask {
    return new SecretMask(event.id === null ? [] : secretValuesOf(this.secrets, event.id, event.environment));
  }

  private requestOf(job: ClaimedJob, limits: ResourceLimits, trace: JobTrace): ScriptExecutionRequest {
    const { event } = job;
    if (event.id === null) throw new Error(`The event of job ${job.id} was deleted.`);
    return {
      jobId: job.id,
      language: languages[event.type],
      script: event.content,
      environment: trace.withContext(openEnvironment(this.secrets, event.id, event.environment)),
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
      killGraceSeconds: event.cleanupTimeoutSeconds,
    };
  }
}

/** What the result of a script means; a script that was ended since its set-up took too long had none. */
function endFrom(
  result: ScriptExecutionResult,
  job: ClaimedJob,
  limits: ResourceLimits,
  { setup }: ScriptProgress,
  signal: AbortSignal,
): JobEnd {
  if (setup.isOver && !setup.isDone && result.end.kind === 'cancelled' && !signal.aborted) {
    return setupTimedOut(job);
  }
  return toJobEnd(result, limits, job.event.timeoutSeconds);
}

/** A key that must not be set for processes on a host that jobs share with others. */
function refusedVariable({ server, event }: ClaimedJob): string | undefined {
  if (server.type !== 'ssh') return undefined;
  return event.environment.find(({ key }) => isLoaderVariable(key))?.key;
}

function limitsOf({ server, event }: ClaimedJob): ResourceLimits {
  return strictestLimits(capacityOf(server).resourceLimits, event.limits);
}

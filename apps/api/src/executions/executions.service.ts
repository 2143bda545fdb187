import {
  type Execution as ExecutionDto,
  type ExecutionQuery,
  type ExecutionSummary,
  isActive,
  type Page,
  type RunAgain,
  type RunEvent,
} from '@cronium/contracts';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { filter, Subject } from 'rxjs';
import { DataSource } from 'typeorm';

import { type Caller, mayAccessOwned, ownerFilter } from '../auth/policy';
import { Batcher } from '../batcher';
import { isDatabaseGone } from '../database/database-gone';
import { Notifications } from '../database/notifications';
import { isUniqueViolation } from '../error-code';
import { EventsService } from '../events/events.service';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError, notFound } from '../http/domain-error';
import { presentTrace } from '../tracing/correlation';
import { Tracing } from '../tracing/tracing';
import { ExecutionStarter, isIndependent, type Start } from './execution-starter';
import { ExecutionsRepository } from './executions.repository';
import { IdempotencyKeys } from './idempotency-keys';
import { JobEnds } from './job-ends';
import { beginStart, failStart } from './start-span';
import { TargetResolver } from './target-resolver';

/** What has just been started hardly ends unheard; to look at once would only be in the way of its start. */
const lookLaterMilliseconds = 50;

@Injectable()
export class ExecutionsService implements BeforeApplicationShutdown {
  private readonly closing = new Subject<void>();
  private readonly starts = new Batcher(
    (starts: readonly Start[]) =>
      this.database.transaction((transaction) => this.starter.startAll(transaction, starts)),
    isDatabaseGone,
  );

  constructor(
    private readonly database: DataSource,
    private readonly repository: ExecutionsRepository,
    private readonly events: EventsService,
    private readonly targets: TargetResolver,
    private readonly starter: ExecutionStarter,
    private readonly keys: IdempotencyKeys,
    private readonly ends: JobEnds,
    private readonly notifications: Notifications,
    private readonly tracing: Tracing,
  ) {}

  /**
   * Starts an event: the execution, its jobs and their messages commit together. With a known idempotency key, the execution it started.
   *
   * @param waitSeconds answers with the end if it comes in this time; 0 answers at once
   * @param version an earlier version of the event instead of the present one
   */
  async start(
    caller: Caller,
    eventId: string,
    request: RunEvent,
    waitSeconds = 0,
    version?: number,
  ): Promise<ExecutionDto> {
    const event = await this.events.runnable(caller, eventId, version);
    // Before the transaction: within it, each start would hold one connection and wait for another.
    const targets = await this.targets.resolve(eventId, event, request.serverIds);
    const { input, idempotencyKey, serverIds } = request;
    const start: Start = {
      eventId,
      event: serverIds ? { ...event, targetStrategy: 'all' } : event,
      targets,
      cause: { trigger: 'manual', triggeredBy: caller.id, input, idempotencyKey },
      // What waits has the present version, and would not be done by an earlier one.
      mayJoin: serverIds === undefined && idempotencyKey === undefined && version === undefined,
    };
    try {
      return await this.readAfter(await this.startWith(start), waitSeconds, lookLaterMilliseconds);
    } catch (error) {
      if (idempotencyKey === undefined || !isUniqueViolation(error)) throw error;
      const earlier = await this.keys.startedBy({ eventId, key: idempotencyKey });
      if (earlier === null) throw error;
      return this.readAfter(earlier, waitSeconds);
    }
  }

  private async startWith(start: Start): Promise<string> {
    const span = beginStart(this.tracing, start, presentTrace());
    try {
      const id = await this.record({ ...start, cause: { ...start.cause, trace: span.context } });
      span.set({ 'cronium.execution.id': id });
      return id;
    } catch (error) {
      failStart(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  /** Triggers that come at the same time and do not depend on each other share a transaction. */
  private async record(start: Start): Promise<string> {
    if (!isIndependent(start)) {
      return this.database.transaction((transaction) => this.starter.start(transaction, start));
    }
    const started = await this.starts.add(start);
    if (started instanceof DomainError) throw started;
    return started;
  }

  async list(caller: Caller, query: ExecutionQuery): Promise<Page<ExecutionSummary>> {
    const rows = await this.repository.page(ownerFilter(caller), query, decodeCursor(query.cursor));
    const page = toPage(rows, query.limit, (execution) => ({ at: execution.createdAt, id: execution.id }));
    return { ...page, items: await this.repository.summariesOf(page.items) };
  }

  async get(caller: Caller, id: string): Promise<ExecutionDto> {
    await this.assertMayAccess(caller, id);
    return this.read(id);
  }

  /** Requests that wait for an end would keep the server from closing. */
  beforeApplicationShutdown(): void {
    this.closing.next();
  }

  /**
   * The same once more, with the same input: the version that ran on the servers that it ran on, or the event as it is now; or either on
   * those servers alone where it did not succeed. What was skipped ran nowhere, and runs where its event does.
   */
  async runAgain(caller: Caller, id: string, { version, failedOnly }: RunAgain): Promise<ExecutionDto> {
    const earlier = await this.get(caller, id);
    const { eventId } = earlier;
    if (eventId === null) {
      throw new DomainError('conflict', 'event_deleted', 'The event was deleted; it cannot run again.');
    }
    if (isActive(earlier.state)) {
      throw new DomainError('conflict', 'execution_active', 'It still runs. Wait for its end, or cancel it.');
    }
    const request: RunEvent = earlier.input === null ? {} : { input: earlier.input };
    const original = version === 'original' ? earlier.version : undefined;
    const jobs = lastJobs(earlier).filter(({ state }) => !failedOnly || state !== 'succeeded');
    if (failedOnly && jobs.length === 0) {
      throw new DomainError('conflict', 'nothing_failed', 'It succeeded on every server.');
    }
    if (jobs.length > 0 && (failedOnly || original !== undefined)) {
      request.serverIds = await this.serversAgain(caller, eventId, jobs);
    }
    return this.start(caller, eventId, request, 0, original);
  }

  /** Ends what runs and keeps what is queued from running. Repeating it, or cancelling what has ended, is no error. */
  async cancel(caller: Caller, id: string): Promise<ExecutionDto> {
    await this.assertMayAccess(caller, id);
    await this.ends.requestCancel(id);
    return this.read(id);
  }

  /** @throws DomainError `execution_not_found` when there is none that the caller may see */
  async assertMayAccess(caller: Caller, id: string): Promise<void> {
    const owned = await this.repository.ownerOf(id);
    if (!owned || !mayAccessOwned(caller, owned)) throw notFound('execution', id);
  }

  /** The servers of these jobs that are there and may be used; those that are not are left out. */
  private async serversAgain(
    caller: Caller,
    eventId: string,
    jobs: readonly ExecutionJob[],
  ): Promise<string[]> {
    const event = await this.events.runnable(caller, eventId);
    const ids = jobs.flatMap(({ serverId }) => (serverId === null ? [] : [serverId]));
    const usable = await this.targets.usable(event, ids);
    if (usable.length > 0) return usable;
    const names = jobs.map(({ serverName }) => `“${serverName}”`).join(', ');
    throw new DomainError(
      'conflict',
      'servers_unavailable',
      `It ran on ${names}, and no event of this owner may run there any more. Run the event as it is now instead.`,
    );
  }

  /** The execution when it has ended, or as it is after `seconds`, or when the server stops. */
  private async readAfter(id: string, seconds: number, lookAfterMilliseconds = 0): Promise<ExecutionDto> {
    if (seconds === 0) return this.read(id);
    const over = new Subject<void>();
    const waited = new Promise<void>((resolve) => over.subscribe(() => resolve()));
    // Listen first, then look: an end in between is heard.
    const listening = this.notifications.messages
      .pipe(filter((message) => message.kind === 'execution.finished' && message.executionId === id))
      .subscribe(() => over.next());
    listening.add(this.closing.subscribe(over));
    const limit = setTimeout(() => over.next(), seconds * 1000);
    try {
      const isHeard = await Promise.race([waited.then(() => true), delay(lookAfterMilliseconds, false)]);
      if (!isHeard && (await this.repository.isActive(id))) await waited;
      return await this.read(id);
    } finally {
      clearTimeout(limit);
      listening.unsubscribe();
    }
  }

  private async read(id: string): Promise<ExecutionDto> {
    const execution = await this.repository.read(id);
    if (!execution) throw notFound('execution', id);
    return execution;
  }
}

type ExecutionJob = ExecutionDto['jobs'][number];

/** The last try on each server; of an execution that went on to the next when one failed, the one that it ended with. */
function lastJobs({ jobs, targetStrategy }: ExecutionDto): ExecutionJob[] {
  if (targetStrategy === 'failover') return jobs.slice(-1);
  return [...new Map(jobs.map((job) => [job.serverId ?? job.serverName, job])).values()];
}

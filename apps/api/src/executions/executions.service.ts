import {
  type Execution as ExecutionDto,
  type ExecutionQuery,
  type ExecutionSummary,
  isActive,
  type Page,
  type RunEvent,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { filter, firstValueFrom, map, race, timer } from 'rxjs';
import { DataSource, QueryFailedError } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { type Caller, mayAccessOwned, ownerFilter } from '../auth/policy';
import { Notifications } from '../database/notifications';
import { errorCode } from '../error-code';
import { EventsService } from '../events/events.service';
import { decodeCursor, toPage } from '../http/cursor';
import { notFound } from '../http/domain-error';
import { type UsableServer, ServersService } from '../servers/servers.service';
import { Execution } from './execution.entity';
import { ExecutionsRepository } from './executions.repository';
import { Job } from './job.entity';
import { JobQueue } from './job-queue';
import { JobStore } from './job-store';

@Injectable()
export class ExecutionsService {
  constructor(
    private readonly database: DataSource,
    private readonly repository: ExecutionsRepository,
    private readonly events: EventsService,
    private readonly servers: ServersService,
    private readonly queue: JobQueue,
    private readonly jobs: JobStore,
    private readonly notifications: Notifications,
  ) {}

  /** Starts an event: the execution, its jobs and their messages commit together. With a known idempotency key, the execution it started. */
  async start(caller: Caller, eventId: string, request: RunEvent): Promise<ExecutionDto> {
    const event = await this.events.runnable(caller, eventId);
    const servers = await this.servers.usable(caller, request.serverIds ?? event.serverIds);
    const id = uuid();
    try {
      await this.database.transaction(async (transaction) => {
        await transaction.insert(Execution, {
          id,
          eventId,
          eventVersionId: event.versionId,
          eventName: event.name,
          eventType: event.type,
          ownerId: event.ownerId,
          state: 'queued',
          trigger: 'manual',
          triggeredBy: caller.id,
          // TypeORM writes an absent value as SQL NULL and would write null as the JSON text "null".
          ...(request.input === undefined ? {} : { input: request.input as object }),
          idempotencyKey: request.idempotencyKey ?? null,
        });
        const queued = servers.map((server) => ({ jobId: uuid(), server }));
        await transaction.insert(
          Job,
          queued.map(({ jobId, server }, position) => jobRow(id, jobId, server, position)),
        );
        await this.queue.send(
          transaction,
          queued.map(({ jobId, server }) => ({
            id: jobId,
            serverId: server.id,
            maxConcurrentJobs: server.maxConcurrentJobs,
          })),
        );
        await this.notifications.publish(transaction, { kind: 'execution.created', executionId: id });
      });
    } catch (error) {
      const earlier = isUniqueViolation(error) ? await this.startedBy(eventId, request.idempotencyKey) : null;
      if (earlier) return this.read(earlier);
      throw error;
    }
    return this.read(id);
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

  /** The execution when it has ended, or as it is after `seconds`. */
  async waitForEnd(caller: Caller, id: string, seconds: number): Promise<ExecutionDto> {
    await this.assertMayAccess(caller, id);
    // Listen first, then look: an end in between is heard.
    const ended = firstValueFrom(
      race(
        this.notifications.messages.pipe(
          filter((message) => message.kind === 'execution.finished' && message.executionId === id),
          map(() => undefined),
        ),
        timer(seconds * 1000).pipe(map(() => undefined)),
      ),
    );
    const now = await this.read(id);
    if (!isActive(now.state) || seconds === 0) return now;
    await ended;
    return this.read(id);
  }

  /** Ends what runs and keeps what is queued from running. Repeating it, or cancelling what has ended, is no error. */
  async cancel(caller: Caller, id: string): Promise<ExecutionDto> {
    await this.assertMayAccess(caller, id);
    await this.jobs.requestCancel(id);
    return this.read(id);
  }

  /** @throws DomainError `execution_not_found` when there is none that the caller may see */
  async assertMayAccess(caller: Caller, id: string): Promise<void> {
    const owned = await this.repository.ownerOf(id);
    if (!owned || !mayAccessOwned(caller, owned)) throw notFound('execution', id);
  }

  private async read(id: string): Promise<ExecutionDto> {
    const execution = await this.repository.read(id);
    if (!execution) throw notFound('execution', id);
    return execution;
  }

  private async startedBy(eventId: string, idempotencyKey: string | undefined): Promise<string | null> {
    if (idempotencyKey === undefined) return null;
    const earlier = await this.database.getRepository(Execution).findOneBy({ eventId, idempotencyKey });
    return earlier?.id ?? null;
  }
}

function jobRow(executionId: string, id: string, server: UsableServer, position: number) {
  const { id: serverId, name: serverName, type: serverType } = server;
  return {
    id,
    executionId,
    serverId,
    serverName,
    serverType,
    position,
    attempt: 1,
    state: 'queued' as const,
  };
}

/** unique_violation, in Postgres' list of error codes. */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof QueryFailedError && errorCode(error.driverError) === '23505';
}

import type { JobError, Trigger } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Notifications } from '../database/notifications';
import type { RunnableEvent } from '../events/events.service';
import { DomainError } from '../http/domain-error';
import type { UsableServer } from '../servers/servers.service';
import { Admission } from './admission/admission';
import { precedenceOf } from './admission/precedence';
import { DataFolder } from './data-folder';
import { Execution } from './execution.entity';
import { Job } from './job.entity';
import { Joining } from './joining';
import { Overlap } from './overlap';
import { ServerQueues } from './server-queues';
import type { Targets } from './target-resolver';

/** What set an execution off, and what it was given. */
export interface Cause {
  readonly trigger: Trigger;
  /** Null for a schedule. */
  readonly triggeredBy: string | null;
  /** When the schedule meant it to run. */
  readonly plannedAt?: Date;
  /** The same with its jitter. */
  readonly dueAt?: Date;
  readonly input?: unknown;
  readonly idempotencyKey?: string | undefined;
}

export interface Start {
  readonly eventId: string;
  readonly event: RunnableEvent;
  readonly targets: Targets;
  readonly cause: Cause;
  /** Whether it may share an execution with other triggers of the event, if the event says so. */
  readonly mayJoin?: boolean;
}

/** Puts executions on record, within the transaction of whoever decides that there is one. */
@Injectable()
export class ExecutionStarter {
  constructor(
    private readonly dataFolder: DataFolder,
    private readonly joining: Joining,
    private readonly overlap: Overlap,
    private readonly queues: ServerQueues,
    private readonly admission: Admission,
    private readonly notifications: Notifications,
  ) {}

  /**
   * The execution and its jobs, or the record that it is skipped since others of its event are under way.
   *
   * @returns the execution's id
   * @throws DomainError `event_queue_full` or `queue_full` when too many wait already, `data_disk_full` when there is no room for the record
   */
  async start(transaction: EntityManager, start: Start): Promise<string> {
    const { eventId, event, targets, cause } = start;
    await this.dataFolder.requireRoom();
    const { debounceSeconds, coalesce } = event.joining;
    const mayBeJoined = start.mayJoin === true && (debounceSeconds > 0 || coalesce);
    if (mayBeJoined) {
      const joined = await this.joining.join(transaction, eventId, event.joining, jsonOf(cause.input));
      if (joined !== null) {
        // Admission passes locked jobs by: it is to look again.
        await this.notifications.publish(transaction, { kind: 'job.queued' });
        return joined;
      }
    }
    const overlap = await this.overlap.decide(transaction, eventId, event.overlap);
    if (overlap.kind === 'skip') return this.skip(transaction, start, overlap.error);
    if (overlap.kind === 'refuse')
      throw new DomainError('too_many', overlap.error.code, overlap.error.message);
    await this.queues.requireRoom(
      transaction,
      targets.servers.map(({ id }) => id),
    );
    const id = uuid();
    await transaction.insert(Execution, {
      ...executionRow(id, eventId, event, cause),
      state: 'queued',
      mayBeJoined,
      failoverServers: [...targets.failover],
    });
    await transaction.insert(
      Job,
      targets.servers.map((server, position) => ({
        ...jobRow(id, start, server, position),
        notBefore: mayBeJoined && debounceSeconds > 0 ? secondsFromNow(debounceSeconds) : null,
      })),
    );
    await this.notifications.publish(transaction, { kind: 'execution.created', executionId: id });
    // Whoever admits jobs is to wake when the wait is over.
    if (mayBeJoined) await this.notifications.publish(transaction, { kind: 'job.queued' });
    await this.admission.decideWithin(transaction);
    return id;
  }

  /**
   * As `start`; what would be refused is recorded as skipped: nobody is there to be told.
   *
   * @returns why it would be refused; null when it was not
   */
  async startOrSkip(transaction: EntityManager, start: Start): Promise<JobError | null> {
    try {
      // What a start had begun when it was refused, like the end of the one before, is undone.
      await transaction.transaction((savepoint) => this.start(savepoint, start));
      return null;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const { code, message } = error;
      const reason: JobError = { code, message, platform: false };
      await this.skip(transaction, start, reason);
      return reason;
    }
  }

  /** Which of these idempotency keys an event's executions have. */
  async knownKeys(
    transaction: EntityManager,
    eventId: string,
    keys: readonly string[],
  ): Promise<ReadonlySet<string>> {
    const rows = await transaction.query<{ key: string }[]>(
      'SELECT idempotency_key AS key FROM executions WHERE event_id = $1 AND idempotency_key = ANY($2)',
      [eventId, keys],
    );
    return new Set(rows.map(({ key }) => key));
  }

  /** One that does not happen, with the reason: it has no job. */
  async skip(
    transaction: EntityManager,
    { eventId, event, cause }: Omit<Start, 'targets'>,
    error: JobError,
  ): Promise<string> {
    const id = uuid();
    await transaction.insert(Execution, {
      ...executionRow(id, eventId, event, cause),
      state: 'skipped',
      failoverServers: [],
      error,
      endedAt: new Date(),
    });
    await this.notifications.publish(transaction, { kind: 'execution.created', executionId: id });
    return id;
  }
}

function executionRow(id: string, eventId: string, event: RunnableEvent, cause: Cause) {
  return {
    id,
    eventId,
    eventVersionId: event.versionId,
    eventName: event.name,
    eventType: event.type,
    ownerId: event.owner.id,
    targetStrategy: event.targetStrategy,
    trigger: cause.trigger,
    triggeredBy: cause.triggeredBy,
    plannedAt: cause.plannedAt ?? null,
    dueAt: cause.dueAt ?? null,
    // TypeORM writes an absent value as SQL NULL and would write null as the JSON text "null".
    ...(cause.input === undefined ? {} : { input: cause.input as object }),
    idempotencyKey: cause.idempotencyKey ?? null,
  };
}

function jobRow(executionId: string, { eventId, event }: Start, server: UsableServer, position: number) {
  const { id: serverId, name: serverName, type: serverType } = server;
  return {
    id: uuid(),
    executionId,
    ownerId: event.owner.id,
    eventId,
    precedence: precedenceOf[event.priority],
    serverId,
    serverName,
    serverType,
    position,
    attempt: 1,
    state: 'queued' as const,
  };
}

/** As the column takes it: an absent input is SQL NULL. */
function jsonOf(input: unknown): string | null {
  return input === undefined ? null : JSON.stringify(input);
}

function secondsFromNow(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}

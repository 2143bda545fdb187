import type { JobError, Trigger } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Notifications } from '../database/notifications';
import type { RunnableEvent } from '../events/runnable-event';
import { DomainError } from '../http/domain-error';
import { toTraceparent, type TraceContext } from '../tracing/trace-context';
import { Admission } from './admission/admission';
import { precedenceOf } from './admission/precedence';
import { DataFolder } from './data-folder';
import { type ExecutionRow, ExecutionRows, type JobRow } from './execution-rows';
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
  /** Where the trigger stands in a trace. */
  readonly trace?: TraceContext | null;
}

export interface Start {
  readonly eventId: string;
  readonly event: RunnableEvent;
  readonly targets: Targets;
  readonly cause: Cause;
  /** Whether it may share an execution with other triggers of the event, if the event says so. */
  readonly mayJoin?: boolean;
}

/** An execution that does not happen, and why. */
export interface Skip extends Omit<Start, 'targets'> {
  readonly reason: JobError;
}

/** Of a start: the execution's id, or why there is none. */
export type Started = string | DomainError;

/** Whether what becomes of it depends on no other execution of its event: then it may be started together with others. */
export function isIndependent(start: Start): boolean {
  return start.event.overlap.overlapPolicy === 'allow' && !mayBeJoined(start);
}

/** Puts executions on record, within the transaction of whoever decides that there is one. */
@Injectable()
export class ExecutionStarter {
  constructor(
    private readonly dataFolder: DataFolder,
    private readonly joining: Joining,
    private readonly overlap: Overlap,
    private readonly queues: ServerQueues,
    private readonly rows: ExecutionRows,
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
    const { eventId, event, cause } = start;
    await this.dataFolder.requireRoom();
    if (mayBeJoined(start)) {
      const joined = await this.joining.join(transaction, eventId, event.joining, jsonOf(cause.input));
      if (joined !== null) {
        // Admission passes locked jobs by: it is to look again.
        await this.notifications.publish(transaction, { kind: 'job.queued' });
        return joined;
      }
    }
    const overlap = await this.overlap.decide(transaction, eventId, event.overlap);
    if (overlap.kind === 'refuse')
      throw new DomainError('too_many', overlap.error.code, overlap.error.message);
    const [started] =
      overlap.kind === 'skip'
        ? await this.skip(transaction, [{ ...start, reason: overlap.error }])
        : await this.record(transaction, [start]);
    if (typeof started !== 'string') throw started ?? new Error('Nothing was started.');
    return started;
  }

  /**
   * As `start`, for several that are independent.
   *
   * @returns for each its id, or why it is refused
   */
  async startAll(transaction: EntityManager, starts: readonly Start[]): Promise<Started[]> {
    if (starts.length === 0) return [];
    await this.dataFolder.requireRoom();
    return this.record(transaction, starts);
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
      const reason = reasonOf(error);
      await this.skip(transaction, [{ ...start, reason }]);
      return reason;
    }
  }

  /** Those that do not happen: they have no job. Their ids. */
  async skip(transaction: EntityManager, skipped: readonly Skip[]): Promise<string[]> {
    if (skipped.length === 0) return [];
    const rows = skipped.map((one) => ({ ...executionRow(one), state: 'skipped', error: one.reason }));
    await this.rows.insert(transaction, rows, []);
    await this.tellOf(transaction, rows);
    return rows.map(({ id }) => id);
  }

  /** Those whose servers have room for more, and has their jobs admitted. */
  private async record(transaction: EntityManager, starts: readonly Start[]): Promise<Started[]> {
    const serversOf = ({ targets }: Start) => targets.servers.map(({ id }) => id);
    const full = await this.queues.full(transaction, [...new Set(starts.flatMap(serversOf))]);
    const results: Started[] = [];
    const executions: ExecutionRow[] = [];
    const jobs: JobRow[] = [];
    for (const start of starts) {
      const refusal = serversOf(start).find((id) => full.has(id));
      const row = executionRow(start);
      results.push((refusal !== undefined && full.get(refusal)) || row.id);
      if (refusal !== undefined) continue;
      executions.push(row);
      jobs.push(...jobRows(row.id, start));
    }
    if (executions.length === 0) return results;
    await this.rows.insert(transaction, executions, jobs);
    await this.tellOf(transaction, executions);
    // Whoever admits jobs is to wake when the wait is over.
    if (starts.some(mayBeJoined)) await this.notifications.publish(transaction, { kind: 'job.queued' });
    await this.admission.decideWithin(transaction);
    return results;
  }

  private async tellOf(transaction: EntityManager, executions: readonly ExecutionRow[]): Promise<void> {
    for (const { id: executionId } of executions)
      await this.notifications.publish(transaction, { kind: 'execution.created', executionId });
  }
}

/** Why something is refused, for the record. */
export function reasonOf({ code, message }: DomainError): JobError {
  return { code, message, platform: false };
}

function mayBeJoined({ mayJoin, event }: Omit<Start, 'targets'>): boolean {
  return mayJoin === true && (event.joining.debounceSeconds > 0 || event.joining.coalesce);
}

function executionRow(start: Omit<Start, 'targets'> & { targets?: Targets }): ExecutionRow {
  const { eventId, event, cause } = start;
  return {
    id: uuid(),
    eventId,
    eventVersionId: event.versionId,
    eventName: event.name,
    eventType: event.type,
    ownerId: event.owner.id,
    targetStrategy: event.targetStrategy,
    failoverServers: start.targets?.failover ?? [],
    state: 'queued',
    error: null,
    trigger: cause.trigger,
    triggeredBy: cause.triggeredBy,
    plannedAt: cause.plannedAt ?? null,
    dueAt: cause.dueAt ?? null,
    input: jsonOf(cause.input),
    idempotencyKey: cause.idempotencyKey ?? null,
    mayBeJoined: mayBeJoined(start),
    traceparent: cause.trace ? toTraceparent(cause.trace) : null,
    tracestate: cause.trace?.state ?? null,
  };
}

function jobRows(executionId: string, start: Start): JobRow[] {
  const { eventId, event, targets } = start;
  return targets.servers.map(({ id: serverId, name: serverName, type: serverType }, position) => ({
    ...{
      id: uuid(),
      executionId,
      ownerId: event.owner.id,
      eventId,
      precedence: precedenceOf[event.priority],
    },
    ...{ serverId, serverName, serverType, position },
    waitSeconds: mayBeJoined(start) ? event.joining.debounceSeconds : 0,
  }));
}

/** As the column takes it: an absent input is SQL NULL. */
function jsonOf(input: unknown): string | null {
  return input === undefined ? null : JSON.stringify(input);
}

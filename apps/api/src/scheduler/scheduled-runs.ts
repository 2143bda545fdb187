import type { JobError } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { stopMessage } from '../calendars/calendar-stops';
import { DidNotRunAlerts } from '../alerts/did-not-run-alerts';
import { type Claim, type ScheduledEvent, ScheduledEvents } from '../events/scheduled-events';
import {
  type Cause,
  ExecutionStarter,
  isIndependent,
  reasonOf,
  type Skip,
  type Start,
} from '../executions/execution-starter';
import { IdempotencyKeys } from '../executions/idempotency-keys';
import { TargetResolver, type Targets } from '../executions/target-resolver';
import { beginStart } from '../executions/start-span';
import { DomainError } from '../http/domain-error';
import { type Span, Tracing } from '../tracing/tracing';
import { toPlan } from './plan';
import { type DueRuns, dueRuns, runTimeOf } from './timetable';

interface SkippedRun {
  readonly plannedAt: Date;
  readonly reason: JobError;
}

/** What is to become of the due runs of an event. */
interface Decided {
  readonly event: ScheduledEvent;
  readonly due: DueRuns;
  /** Where they run; null when none does. */
  readonly targets: Targets | null;
  /** Not started, and nobody asked for that. */
  readonly notRun: readonly SkippedRun[];
}

/** Whether a planned time of an event is not on record yet. */
type IsNew = (event: ScheduledEvent, plannedAt: Date) => boolean;

/** Starts what a schedule has planned, and puts on record what it does not start. */
@Injectable()
export class ScheduledRuns {
  constructor(
    private readonly database: DataSource,
    private readonly events: ScheduledEvents,
    private readonly targets: TargetResolver,
    private readonly starter: ExecutionStarter,
    private readonly keys: IdempotencyKeys,
    private readonly alerts: DidNotRunAlerts,
    private readonly tracing: Tracing,
  ) {}

  /**
   * Takes the due runs of these events. The claims, the executions and the next plans commit together: nothing is lost or doubled. What fails
   * for one fails for all, and is to be repeated for each alone.
   */
  async take(events: readonly ScheduledEvent[], now: Date): Promise<void> {
    const places = new Map<string, Promise<Found>>();
    const spans = new Map<PlannedStart, Span>();
    const decided = await Promise.all(events.map((event) => this.decide(event, now, places)));
    await this.database.transaction(async (transaction) => {
      const claimed = await this.events.claim(transaction, decided.map(claimOf));
      const mine = decided.filter(({ event }) => claimed.has(event.id));
      if (mine.length === 0) return;
      const isNew = await this.newOnes(transaction, mine);
      await this.starter.skip(
        transaction,
        mine.flatMap((one) => skippedOf(one, isNew)),
      );
      const starts = mine.flatMap((one) => startsOf(one, isNew)).map((start) => this.within(spans, start));
      const refusals = await this.start(transaction, starts);
      for (const one of mine) await this.alert(transaction, one, isNew, refusals);
      await this.alerts.resolve(
        transaction,
        starts.filter((start) => !refusals.has(start)).map(({ eventId }) => eventId),
      );
      refusals.forEach(({ code }, start) => spans.get(start)?.set({ 'cronium.refusal': code }));
    });
    spans.forEach((span) => span.end());
  }

  /** Nothing but the schedule asked for it: a trace begins. */
  private within(spans: Map<PlannedStart, Span>, start: PlannedStart): PlannedStart {
    const span = beginStart(this.tracing, start, null);
    const traced = { ...start, cause: { ...start.cause, trace: span.context } };
    spans.set(traced, span);
    return traced;
  }

  /** @returns why those are refused that are: they are on record as skipped */
  private async start(
    transaction: EntityManager,
    starts: readonly PlannedStart[],
  ): Promise<Map<PlannedStart, JobError>> {
    const refusals = new Map<PlannedStart, JobError>();
    const independent = starts.filter(isIndependent);
    const started = await this.starter.startAll(transaction, independent);
    independent.forEach((start, index) => {
      const result = started[index];
      if (result instanceof DomainError) refusals.set(start, reasonOf(result));
    });
    await this.starter.skip(
      transaction,
      [...refusals].map(([start, reason]) => ({ ...start, reason })),
    );
    for (const start of starts.filter((one) => !isIndependent(one))) {
      const reason = await this.starter.startOrSkip(transaction, start);
      if (reason) refusals.set(start, reason);
    }
    return refusals;
  }

  private async alert(
    transaction: EntityManager,
    { event, notRun }: Decided,
    isNew: IsNew,
    refusals: ReadonlyMap<PlannedStart, JobError>,
  ): Promise<void> {
    const crowdedOut = [...refusals]
      .filter(([{ eventId }]) => eventId === event.id)
      .map(([{ cause }, reason]) => ({ plannedAt: cause.plannedAt, reason }));
    const unwanted = [...notRun.filter(({ plannedAt }) => isNew(event, plannedAt)), ...crowdedOut];
    if (unwanted.length === 0) return;
    await this.alerts.note(transaction, { id: event.id, name: event.runnable.name }, unwanted);
  }

  /** What is due, and where it runs or why it may not: then nothing counts against the maximum. */
  private async decide(
    event: ScheduledEvent,
    now: Date,
    places: Map<string, Promise<Found>>,
  ): Promise<Decided> {
    const { stops } = event;
    const due = dueRuns(event, event.nextPlannedAt, now, { stops });
    if (due.start.length === 0) return { event, due, targets: null, notRun: missedRuns(due) };
    const found = await this.foundOnce(event, places);
    if (!('refusal' in found)) return { event, due, targets: found, notRun: missedRuns(due) };
    const notStarted = dueRuns(event, event.nextPlannedAt, now, { stops, mayStart: false });
    const notRun = [...missedRuns(notStarted), ...refusedRuns(notStarted, found.refusal)];
    return { event, due: notStarted, targets: null, notRun };
  }

  private async newOnes(transaction: EntityManager, decided: readonly Decided[]): Promise<IsNew> {
    const known = await this.keys.known(
      transaction,
      decided.flatMap(({ event: { id: eventId }, due: { start, missed, stopped } }) =>
        [...start, ...missed, ...stopped.map(({ plannedAt }) => plannedAt)].map((plannedAt) => ({
          ...{ eventId, key: keyOf(plannedAt) },
        })),
      ),
    );
    return ({ id: eventId }, plannedAt) => !known.has({ eventId, key: keyOf(plannedAt) });
  }

  /** Events of one owner that run on the same servers ask once. A strategy that takes turns is asked each time. */
  private foundOnce(event: ScheduledEvent, places: Map<string, Promise<Found>>): Promise<Found> {
    const { owner, serverIds, serverTag, targetStrategy } = event.runnable;
    if (targetStrategy !== 'all') return this.targetsOf(event);
    const key = JSON.stringify([owner, event.ownerMayRun, serverIds, serverTag]);
    const found = places.get(key) ?? this.targetsOf(event);
    places.set(key, found);
    return found;
  }

  /** Where it runs, or why it may not run now: the next time it may. */
  private async targetsOf(event: ScheduledEvent): Promise<Found> {
    if (!event.ownerMayRun) {
      const message = 'The owner of this event is disabled or may not run events; it does not run.';
      return { refusal: { code: 'owner_disabled', message, platform: false } };
    }
    try {
      return await this.targets.resolve(event.id, event.runnable, undefined);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { refusal: reasonOf(error) };
    }
  }
}

/** Where something runs, or why it may not. */
type Found = Targets | { readonly refusal: JobError };

type PlannedStart = Start & { readonly cause: Cause & { readonly plannedAt: Date } };

function claimOf({ event, due, targets }: Decided): Claim {
  return { event, plan: toPlan(event, due.next, event.stops), started: targets ? due.start.length : 0 };
}

function startsOf({ event, due, targets }: Decided, isNew: IsNew): PlannedStart[] {
  if (!targets) return [];
  return due.start
    .filter((plannedAt) => isNew(event, plannedAt))
    .map((plannedAt) => ({
      ...{ eventId: event.id, event: event.runnable, targets, cause: causeOf(event, plannedAt) },
    }));
}

/** By calendars and otherwise, in the order of their times. */
function skippedOf({ event, due, notRun }: Decided, isNew: IsNew): Skip[] {
  return [...stoppedRuns(due), ...notRun]
    .filter(({ plannedAt }) => isNew(event, plannedAt))
    .sort((one, other) => one.plannedAt.getTime() - other.plannedAt.getTime())
    .map(({ plannedAt, reason }) => ({
      ...{ eventId: event.id, event: event.runnable, cause: causeOf(event, plannedAt), reason },
    }));
}

function causeOf(event: ScheduledEvent, plannedAt: Date): PlannedStart['cause'] {
  return {
    trigger: 'schedule',
    triggeredBy: null,
    plannedAt,
    dueAt: runTimeOf(event, plannedAt),
    idempotencyKey: keyOf(plannedAt),
  };
}

/** No planned time of an event is on record twice, also when the clock was set back and its schedule was saved anew. */
function keyOf(plannedAt: Date): string {
  return `schedule ${plannedAt.toISOString()}`;
}

function missedRuns({ missed, missedBefore }: DueRuns): SkippedRun[] {
  return missed.map((plannedAt, index) => {
    const when = `It was planned for ${plannedAt.toISOString()}, when Cronium did not run or the event was paused`;
    const message = `${when}, and the misfire policy does not make up for it.${others(index, missedBefore)}`;
    return { plannedAt, reason: { code: 'missed', message, platform: false } };
  });
}

function stoppedRuns({ stopped, stoppedBefore }: DueRuns): SkippedRun[] {
  return stopped.map(({ plannedAt, by }, index) => {
    const message = `${stopMessage(by)}${others(index, stoppedBefore)}`;
    return { plannedAt, reason: { code: 'calendar', message, platform: false } };
  });
}

function refusedRuns({ start }: DueRuns, reason: JobError): SkippedRun[] {
  return start.map((plannedAt) => ({ plannedAt, reason }));
}

/** Of very many the first that is recorded speaks for those before. */
function others(index: number, before: number): string {
  return index === 0 && before > 0 ? ` So were ${before.toLocaleString('en')} or more planned before.` : '';
}

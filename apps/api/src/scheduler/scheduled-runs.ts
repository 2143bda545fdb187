import type { JobError } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { stopMessage } from '../calendars/calendar-stops';
import { DidNotRunAlerts } from '../alerts/did-not-run-alerts';
import { EventsService, type ScheduledEvent } from '../events/events.service';
import { type Cause, ExecutionStarter } from '../executions/execution-starter';
import { TargetResolver, type Targets } from '../executions/target-resolver';
import { DomainError } from '../http/domain-error';
import { toPlan } from './plan';
import { type DueRuns, dueRuns, runTimeOf } from './timetable';

interface SkippedRun {
  readonly plannedAt: Date;
  readonly reason: JobError;
}

/** Starts what a schedule has planned, and puts on record what it does not start. */
@Injectable()
export class ScheduledRuns {
  constructor(
    private readonly database: DataSource,
    private readonly events: EventsService,
    private readonly targets: TargetResolver,
    private readonly starter: ExecutionStarter,
    private readonly alerts: DidNotRunAlerts,
  ) {}

  /** Takes the due runs of an event. The claim, the executions and the next plan commit together: nothing is lost or doubled. */
  async take(event: ScheduledEvent, now: Date): Promise<void> {
    const eventId = event.id;
    const { due, targets, refusal } = await this.decide(event, now);
    const started = targets ? due.start : [];
    const notRun = [...missedRuns(due), ...refusedRuns(due, refusal)];
    await this.database.transaction(async (transaction) => {
      const plan = toPlan(event, due.next, event.stops);
      if (!(await this.events.claim(transaction, event, plan, started.length))) return;
      const isNew = await this.newOnes(transaction, event, due);
      const skipped = [...stoppedRuns(due), ...notRun].filter(isNew);
      skipped.sort((one, other) => one.plannedAt.getTime() - other.plannedAt.getTime());
      const { runnable } = event;
      for (const { plannedAt, reason } of skipped) {
        const cause = causeOf(event, plannedAt);
        await this.starter.skip(transaction, { eventId, event: runnable, cause }, reason);
      }
      const starts = started.map((plannedAt) => ({ plannedAt })).filter(isNew);
      const crowdedOut: SkippedRun[] = [];
      for (const { plannedAt } of starts) {
        if (!targets) break;
        const cause = causeOf(event, plannedAt);
        const start = { eventId, event: runnable, targets, cause };
        const reason = await this.starter.startOrSkip(transaction, start);
        if (reason) crowdedOut.push({ plannedAt, reason });
      }
      const unwanted = [...notRun.filter(isNew), ...crowdedOut];
      await this.alerts.note(
        transaction,
        { id: eventId, name: runnable.name },
        unwanted,
        starts.length > crowdedOut.length,
      );
    });
  }

  /** What is due, and where it runs or why it may not: then nothing counts against the maximum. */
  private async decide(
    event: ScheduledEvent,
    now: Date,
  ): Promise<{ due: DueRuns; targets: Targets | null; refusal: JobError | null }> {
    const { stops } = event;
    const due = dueRuns(event, event.nextPlannedAt, now, { stops });
    if (due.start.length === 0) return { due, targets: null, refusal: null };
    const found = await this.targetsOf(event);
    if (!('refusal' in found)) return { due, targets: found, refusal: null };
    const notStarted = dueRuns(event, event.nextPlannedAt, now, { stops, mayStart: false });
    return { due: notStarted, targets: null, refusal: found.refusal };
  }

  /** Whether a planned time is not on record yet. */
  private async newOnes(
    transaction: EntityManager,
    event: ScheduledEvent,
    { start, missed, stopped }: DueRuns,
  ): Promise<(run: { plannedAt: Date }) => boolean> {
    const times = [...start, ...missed, ...stopped.map(({ plannedAt }) => plannedAt)];
    const known = await this.starter.knownKeys(transaction, event.id, times.map(keyOf));
    return ({ plannedAt }) => !known.has(keyOf(plannedAt));
  }

  /** Where it runs, or why it may not run now: the next time it may. */
  private async targetsOf(event: ScheduledEvent): Promise<Targets | { refusal: JobError }> {
    if (!event.ownerMayRun) {
      const message = 'The owner of this event is disabled or may not run events; it does not run.';
      return { refusal: { code: 'owner_disabled', message, platform: false } };
    }
    try {
      return await this.targets.resolve(event.id, event.runnable, undefined);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { refusal: { code: error.code, message: error.message, platform: false } };
    }
  }
}

function causeOf(event: ScheduledEvent, plannedAt: Date): Cause {
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

function refusedRuns({ start }: DueRuns, reason: JobError | null): SkippedRun[] {
  return reason ? start.map((plannedAt) => ({ plannedAt, reason })) : [];
}

/** Of very many the first that is recorded speaks for those before. */
function others(index: number, before: number): string {
  return index === 0 && before > 0 ? ` So were ${before.toLocaleString('en')} or more planned before.` : '';
}

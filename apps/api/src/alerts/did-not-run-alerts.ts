import type { JobError } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { AlertRecords } from './alert-records';

/** Alerts of scheduled runs that did not happen though nobody asked for that. */
@Injectable()
export class DidNotRunAlerts {
  constructor(private readonly alerts: AlertRecords) {}

  /**
   * Within the transaction that takes the runs.
   * @param notRun oldest first, at least one; the last one's reason is shown
   */
  async note(
    transaction: EntityManager,
    event: { readonly id: string; readonly name: string },
    notRun: readonly { plannedAt: Date; reason: JobError }[],
  ): Promise<void> {
    const last = notRun.at(-1);
    if (!last) return;
    await this.alerts.raise(transaction, {
      kind: 'did_not_run',
      subject: { eventId: event.id },
      title: `“${event.name}” did not run as planned`,
      details: { plannedAt: last.plannedAt.toISOString(), ...last.reason },
      count: notRun.length,
    });
  }

  /** A run that starts resolves the alert of its event, also one of the runs before it. */
  async resolve(transaction: EntityManager, eventIds: readonly string[]): Promise<void> {
    if (eventIds.length === 0) return;
    const subjects = eventIds.map((eventId) => ({ eventId }));
    await this.alerts.resolve(transaction, 'did_not_run', subjects);
  }
}

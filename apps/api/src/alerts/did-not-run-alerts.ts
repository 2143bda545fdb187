import type { JobError } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { AlertsService } from './alerts.service';

/** Alerts of scheduled runs that did not happen though nobody asked for that. */
@Injectable()
export class DidNotRunAlerts {
  constructor(private readonly alerts: AlertsService) {}

  /**
   * Within the transaction that takes the runs. A run that starts resolves the alert, also one of the runs before it.
   * @param notRun oldest first; the last one's reason is shown
   */
  async note(
    transaction: EntityManager,
    event: { readonly id: string; readonly name: string },
    notRun: readonly { plannedAt: Date; reason: JobError }[],
    hasStarted: boolean,
  ): Promise<void> {
    const last = notRun.at(-1);
    if (last) {
      await this.alerts.raise(transaction, {
        kind: 'did_not_run',
        severity: 'warning',
        subject: { eventId: event.id },
        title: `“${event.name}” did not run as planned`,
        details: { plannedAt: last.plannedAt.toISOString(), ...last.reason },
        count: notRun.length,
      });
    }
    if (hasStarted) await this.alerts.resolve(transaction, 'did_not_run', { eventId: event.id });
  }
}

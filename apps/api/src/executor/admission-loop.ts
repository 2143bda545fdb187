import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { filter, type Subscription } from 'rxjs';

import { type Notification, Notifications } from '../database/notifications';
import { Admission } from '../executions/admission/admission';
import { WakeLoop } from '../wake-loop';

/** What may let a job start that could not before. */
const reasons: readonly Notification['kind'][] = ['job.queued', 'server.changed', 'reconnected'];
/** A change that was not heard is noticed after this long. */
const lookAgainMilliseconds = 30_000;

/** Has queued jobs admitted that the transactions which queued or ended jobs could not decide about. Any number of processes may do so. */
@Injectable()
export class AdmissionLoop implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(AdmissionLoop.name);
  private readonly loop = new WakeLoop(
    async () => Math.min((await this.admission.look()) ?? lookAgainMilliseconds, lookAgainMilliseconds),
    (error) => this.logger.warn({ err: error }, 'Queued jobs could not be admitted; it is tried again.'),
  );
  private listening: Subscription | undefined;

  constructor(
    private readonly admission: Admission,
    private readonly notifications: Notifications,
  ) {}

  onApplicationBootstrap(): void {
    this.listening = this.notifications.messages
      .pipe(filter(({ kind }) => reasons.includes(kind)))
      .subscribe(() => this.loop.wake());
    this.loop.wake();
  }

  async onModuleDestroy(): Promise<void> {
    this.listening?.unsubscribe();
    await this.loop.stop();
  }
}

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import { Notifications } from '../../database/notifications';
import { JobQueue } from '../job-queue';
import { AdmissionRepository } from './admission.repository';
import { chooseJobs } from './choose-jobs';

/**
 * Decides which queued jobs get a place, within what servers, events and owners may have at one time; only those become messages. A place
 * is held, in the job's row, until the job ends or is put to wait for its server. One transaction of all processes decides at a time, so
 * the limits hold exactly, and a process that dies while it decides has decided nothing.
 */
@Injectable()
export class Admission {
  constructor(
    private readonly database: DataSource,
    private readonly repository: AdmissionRepository,
    private readonly queue: JobQueue,
    private readonly notifications: Notifications,
  ) {}

  /**
   * Part of the transaction that queued jobs or freed a place, at its end: decides at once when nobody else does. Otherwise a worker looks
   * after the commit, when it sees what this transaction does not see yet. Who has the lock keeps it until the commit, and looks at the rows
   * after it got it: of two transactions, one that queues a job and one that frees its place, the later one sees what the other did.
   */
  async decideWithin(transaction: EntityManager): Promise<void> {
    if (await this.repository.tryLock(transaction)) await this.decide(transaction);
    else await this.notifications.publish(transaction, { kind: 'job.queued' });
  }

  /**
   * Decides until there is nothing left to decide.
   *
   * @returns milliseconds until a job is due that is not to start earlier; null when there is none
   */
  async look(): Promise<number | null> {
    for (;;) {
      const { isDue, dueInMilliseconds } = await this.repository.outlook();
      if (!isDue) return dueInMilliseconds;
      const admitted = await this.database.transaction(async (transaction) => {
        await this.repository.lock(transaction);
        return this.decide(transaction);
      });
      if (admitted === 0) return dueInMilliseconds;
    }
  }

  private async decide(transaction: EntityManager): Promise<number> {
    const { rooms, allowances } = await this.repository.situation(transaction);
    const chosen = chooseJobs(rooms, allowances);
    if (chosen.length === 0) return 0;
    const admitted = await this.repository.admit(transaction, chosen);
    await this.queue.send(
      transaction,
      admitted.map(({ id }) => id),
    );
    if (admitted.length > 0) await this.notifications.publish(transaction, { kind: 'job.admitted' });
    return admitted.length;
  }
}

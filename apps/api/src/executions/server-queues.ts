import { queueBounds } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { DomainError } from '../http/domain-error';

/** The bound of what waits for a server. */
@Injectable()
export class ServerQueues {
  /**
   * Counts what is committed: executions that are started at the same instant may pass the bound by as many as they are.
   *
   * @throws DomainError `queue_full` when as many jobs wait for one of these servers as it allows
   */
  async requireRoom(transaction: EntityManager, serverIds: readonly string[]): Promise<void> {
    const [full] = await transaction.query<{ name: string; most: number }[]>(
      `SELECT name, most
         FROM (SELECT id, name, CASE when_queue_full WHEN 'refuse' THEN max_queued_jobs ELSE ${queueBounds.queuedJobs.max} END AS most
                 FROM servers WHERE id = ANY($1)) server
        WHERE (SELECT count(*) FROM jobs WHERE server_id = server.id AND state = 'queued') >= most
        LIMIT 1`,
      [serverIds],
    );
    if (!full) return;
    throw new DomainError(
      'too_many',
      'queue_full',
      `${full.most.toLocaleString('en')} jobs wait for “${full.name}” already, as many as it allows (maxQueuedJobs). Try again when some have ended.`,
    );
  }
}

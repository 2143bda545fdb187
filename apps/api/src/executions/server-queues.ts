import { queueBounds } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import { DomainError } from '../http/domain-error';

/** The bound of what waits for a server. */
@Injectable()
export class ServerQueues {
  /**
   * Which of these servers have as many jobs waiting as they allow, by their id. Counts what is committed: executions that are started at the
   * same instant may pass the bound by as many as they are.
   */
  async full(transaction: EntityManager, serverIds: readonly string[]): Promise<Map<string, DomainError>> {
    const rows = await transaction.query<{ id: string; name: string; most: number }[]>(
      `SELECT id, name, most
         FROM (SELECT id, name, CASE when_queue_full WHEN 'refuse' THEN max_queued_jobs ELSE ${queueBounds.queuedJobs.max} END AS most
                 FROM servers WHERE id = ANY($1)) server
        WHERE (SELECT count(*) FROM jobs WHERE server_id = server.id AND state = 'queued') >= most`,
      [serverIds],
    );
    return new Map(rows.map((server) => [server.id, queueFull(server)]));
  }
}

function queueFull({ name, most }: { name: string; most: number }): DomainError {
  return new DomainError(
    'too_many',
    'queue_full',
    `${most.toLocaleString('en')} jobs wait for “${name}” already, as many as it allows (maxQueuedJobs). Try again when some have ended.`,
  );
}

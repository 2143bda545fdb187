import type { JobError } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { OverlapRule } from '../events/runnable-event';
import { JobEnds } from './job-ends';
import { lockTriggers } from './lock-triggers';

/** `start`: it takes its turn. `skip`: it does not happen. `refuse`: whoever asked is told so. */
export type OverlapDecision =
  { readonly kind: 'start' } | { readonly kind: 'skip' | 'refuse'; readonly error: JobError };

const replaced: JobError = {
  code: 'replaced',
  message: 'It was cancelled, since a newer execution of its event took its place.',
  platform: false,
};

/** What becomes of an execution of which there are others of the same event under way. */
@Injectable()
export class Overlap {
  constructor(private readonly ends: JobEnds) {}

  /** Part of the transaction that starts it. Those that decide about one event wait for each other: the decision holds exactly. */
  async decide(transaction: EntityManager, eventId: string, rule: OverlapRule): Promise<OverlapDecision> {
    if (rule.overlapPolicy === 'allow') return { kind: 'start' };
    const most = rule.maxConcurrentExecutions ?? 1;
    await lockTriggers(transaction, eventId);
    const active = await transaction.query<{ id: string }[]>(
      'SELECT id FROM executions WHERE event_id = $1 AND ended_at IS NULL ORDER BY created_at, id',
      [eventId],
    );
    switch (rule.overlapPolicy) {
      case 'skip':
        return active.length < most ? { kind: 'start' } : { kind: 'skip', error: overlaps(active.length) };
      case 'queue': {
        const waiting = active.length - most;
        return waiting < rule.maxQueuedExecutions
          ? { kind: 'start' }
          : { kind: 'refuse', error: queueFull(waiting) };
      }
      case 'replace':
        for (const { id } of active.slice(0, Math.max(0, active.length - most + 1))) {
          await this.ends.cancelWithin(transaction, id, replaced);
        }
        return { kind: 'start' };
    }
  }
}

function overlaps(active: number): JobError {
  const others = active === 1 ? 'Another execution' : `${active} other executions`;
  const message = `${others} of the event had not ended, and its overlap policy is to skip.`;
  return { code: 'overlap', message, platform: false };
}

function queueFull(waiting: number): JobError {
  const message = `${waiting} executions of the event wait already, as many as it allows (maxQueuedExecutions). Try again when some have ended.`;
  return { code: 'event_queue_full', message, platform: false };
}

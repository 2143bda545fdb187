import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';

import type { JoinRule } from '../events/runnable-event';
import { begunPrecedence } from './admission/precedence';
import { lockTriggers } from './lock-triggers';

/** A debounced execution waits so many times its pause at most, however often it is triggered. */
const longestDebounce = 10;

/** Triggers that share an execution: `debounceSeconds` waits for quiet, `coalesce` joins one that has not begun. */
@Injectable()
export class Joining {
  /**
   * Part of the transaction of a trigger: the execution that it joins, with its own input from then on; null when there is none that has not begun.
   *
   * @param input as JSON; null for none
   */
  async join(
    transaction: EntityManager,
    eventId: string,
    rule: JoinRule,
    input: string | null,
  ): Promise<string | null> {
    await lockTriggers(transaction, eventId);
    const [waiting] = await transaction.query<{ executionId: string }[]>(
      `SELECT execution.id AS "executionId"
         FROM executions execution
        WHERE execution.event_id = $1 AND execution.ended_at IS NULL AND execution.may_be_joined
          AND NOT EXISTS (SELECT 1 FROM jobs WHERE execution_id = execution.id
                             AND (precedence = ${begunPrecedence} OR state <> 'queued'))
        ORDER BY execution.created_at DESC LIMIT 1`,
      [eventId],
    );
    if (!waiting) return null;
    const { executionId } = waiting;
    // Admission passes locked jobs by; one that it has admitted meanwhile is seen here.
    const jobs = await transaction.query<{ hasBegun: boolean }[]>(
      `SELECT precedence = ${begunPrecedence} OR state <> 'queued' AS "hasBegun" FROM jobs
        WHERE execution_id = $1 ORDER BY id FOR UPDATE`,
      [executionId],
    );
    if (jobs.length === 0 || jobs.some(({ hasBegun }) => hasBegun)) return null;
    await transaction.query('UPDATE executions SET input = $2, triggers = triggers + 1 WHERE id = $1', [
      executionId,
      input,
    ]);
    if (rule.debounceSeconds > 0) {
      await transaction.query(
        `UPDATE jobs SET not_before = least(now() + make_interval(secs => $2), queued_at + make_interval(secs => $3))
          WHERE execution_id = $1`,
        [executionId, rule.debounceSeconds, rule.debounceSeconds * longestDebounce],
      );
    }
    return executionId;
  }
}

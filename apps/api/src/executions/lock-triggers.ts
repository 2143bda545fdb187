import type { EntityManager } from 'typeorm';

/** Part of the transaction of a trigger: triggers of one event wait for each other from here on. Executions of it may still be inserted. */
export async function lockTriggers(transaction: EntityManager, eventId: string): Promise<void> {
  await transaction.query('SELECT 1 FROM events WHERE id = $1 FOR NO KEY UPDATE', [eventId]);
}

import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** A key, of which an event has one execution at most. */
export interface EventKey {
  readonly eventId: string;
  readonly key: string;
}

/** Which keys are taken. */
@Injectable()
export class IdempotencyKeys {
  constructor(private readonly database: DataSource) {}

  /** Which of these are taken. */
  async known(
    transaction: EntityManager,
    keys: readonly EventKey[],
  ): Promise<{ has(key: EventKey): boolean }> {
    const rows = await transaction.query<EventKey[]>(
      `SELECT execution.event_id AS "eventId", execution.idempotency_key AS key
         FROM unnest($1::uuid[], $2::text[]) AS given(event_id, key)
         JOIN executions execution ON execution.event_id = given.event_id AND execution.idempotency_key = given.key`,
      [keys.map(({ eventId }) => eventId), keys.map(({ key }) => key)],
    );
    const taken = new Set(rows.map(textOf));
    return { has: (key) => taken.has(textOf(key)) };
  }

  /** The execution that was started with a key; null when there is none. */
  async startedBy({ eventId, key }: EventKey): Promise<string | null> {
    const [row] = await this.database.query<{ id: string }[]>(
      'SELECT id FROM executions WHERE event_id = $1 AND idempotency_key = $2',
      [eventId, key],
    );
    return row?.id ?? null;
  }
}

function textOf({ eventId, key }: EventKey): string {
  return `${eventId} ${key}`;
}

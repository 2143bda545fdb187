import type { Client } from 'pg';

import { SecretsService } from '../secrets.service';
import { type Reseal, type SealedPlace, sealedPlaces } from './sealed-places';

/** Rows that are in memory at one time. */
const batch = 500;

interface SealedRow {
  readonly id: string;
  readonly value: unknown;
  readonly boundTo: string;
}

/**
 * Opens every sealed value with one key and seals it with another, inside the caller's transaction.
 *
 * @returns how many values
 * @throws Error when one of them was not sealed with `before`
 */
export async function resealAll(
  client: Client,
  before: SecretsService,
  after: SecretsService,
): Promise<number> {
  let count = 0;
  const reseal: Reseal = (sealed, purpose) => {
    count += 1;
    return after.encrypt(before.decrypt(sealed, purpose), purpose);
  };
  for (const place of sealedPlaces) await resealPlace(client, place, reseal);
  return count;
}

async function resealPlace(client: Client, place: SealedPlace, reseal: Reseal): Promise<void> {
  const { table, column, boundTo, which } = place;
  let last: string | null = null;
  for (;;) {
    const { rows }: { rows: SealedRow[] } = await client.query<SealedRow>(
      `SELECT id, ${column} AS value, ${boundTo} AS "boundTo" FROM ${table}
        WHERE (${which}) AND ($1::uuid IS NULL OR id > $1) ORDER BY id LIMIT ${batch} FOR UPDATE`,
      [last],
    );
    for (const { id, value, boundTo: owner } of rows)
      await client.query(`UPDATE ${table} SET ${column} = $2 WHERE id = $1`, [
        id,
        place.resealed(value, owner, reseal),
      ]);
    last = rows.at(-1)?.id ?? null;
    if (rows.length < batch) return;
  }
}

/** What the figures are of. */
export interface Period {
  /** Null for everybody's. */
  readonly ownerId: string | null;
  readonly days: number;
  readonly timezone: string;
  readonly now: Date;
}

/** Under which everybody's figures are kept together. */
const everybody = '00000000-0000-0000-0000-000000000000';

/** Values of `$1` to `$4` in statements about a period of rolled up figures. */
export function periodValues({ ownerId, days, timezone, now }: Period): unknown[] {
  return [ownerId ?? everybody, timezone, days, now];
}

/** Where the day begins that is so many before today, in SQL. */
export function startOfDay(daysBefore: string): string {
  return `(date_trunc('day', $4::timestamptz AT TIME ZONE $2::text) - make_interval(days => ${daysBefore})) AT TIME ZONE $2::text`;
}

/** `$1` is the owner; everybody's need no condition, and have a plan of their own so. */
export function mine(ownerId: string | null): string {
  return ownerId === null ? '$1::uuid IS NULL' : 'owner_id = $1';
}

/** The days of a period as its zone writes them, the oldest first. */
export function datesOf({ days, timezone, now }: Period): string[] {
  // Swedish writes dates as ISO 8601 does.
  const today = Date.parse(`${now.toLocaleDateString('sv-SE', { timeZone: timezone })}T00:00:00Z`);
  return Array.from({ length: days }, (_, index) =>
    new Date(today - (days - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}

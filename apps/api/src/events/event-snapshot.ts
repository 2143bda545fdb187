import { isDeepStrictEqual } from 'node:util';

import { createEventSchema, type Event as EventDto, type Retry, retrySchema } from '@cronium/contracts';
import type { EntityManager } from 'typeorm';
import { v7 as uuid } from 'uuid';

import type { Caller } from '../auth/policy';
import type { Event } from './event.entity';
import { EventVersion } from './event-version.entity';

/** Columns that a version has of its own, since its jobs need them. */
const versionColumns = [
  ...(['type', 'content', 'environment', 'limits'] as const),
  ...(['timeoutSeconds', 'setupTimeoutSeconds', 'cleanupTimeoutSeconds'] as const),
];

/** The other columns of an event that a save holds. A new one joins here. */
const snapshotColumns = [
  'name',
  'description',
  'schedule',
  'paused',
  'misfirePolicy',
  'misfireWindowSeconds',
  'tags',
  'targetStrategy',
  'serverTag',
  'overlapPolicy',
  'maxConcurrentExecutions',
  'maxQueuedExecutions',
  'priority',
  'retry',
  'debounceSeconds',
  'coalesce',
] as const;

/** What a save holds beside what jobs need. Servers and calendars are named, so that those that are deleted later still are. */
export type EventSnapshot = Omit<SnapshotColumns, 'retry'> & {
  /** With every field: one that was left out and one with its default are the same. */
  readonly retry: Retry;
  readonly servers: EventDto['servers'];
  readonly calendars: EventDto['calendars'];
};
type SnapshotColumns = Pick<Event, (typeof snapshotColumns)[number]>;

/** A version that was saved before a field was there lacks it. */
export type StoredSnapshot = Partial<EventSnapshot>;

/** Everything that a save holds: two saves are the same when this is. */
export type HeldBySave = EventSnapshot & Pick<Event, (typeof versionColumns)[number]>;

/** What an event has in a field that a save says nothing about. */
const defaults: Record<string, unknown> = createEventSchema.parse({ name: '-', type: 'BASH', content: '-' });

/** What a version held, with every field: one that is younger than the version had its default. */
export function heldByVersion(version: HeldColumns): HeldBySave {
  const { snapshot } = version;
  return {
    ...(pick(defaults, snapshotColumns) as SnapshotColumns),
    servers: [],
    calendars: [],
    ...snapshot,
    retry: retrySchema.parse(snapshot.retry ?? {}),
    ...pick(version, versionColumns),
  };
}

/** The columns of a version that say what the save held. */
type HeldColumns = Pick<EventVersion, (typeof versionColumns)[number] | 'snapshot'>;

/** What a save of this event would hold now. */
export async function heldBy(transaction: EntityManager, event: Event): Promise<HeldBySave> {
  const servers = await transaction.query<EventSnapshot['servers']>(
    `SELECT server.id, server.name, server.type FROM event_servers chosen JOIN servers server ON server.id = chosen.server_id
      WHERE chosen.event_id = $1 ORDER BY chosen.position`,
    [event.id],
  );
  const calendars = await transaction.query<EventSnapshot['calendars']>(
    `SELECT calendar.id, calendar.name FROM event_calendars kept JOIN calendars calendar ON calendar.id = kept.calendar_id
      WHERE kept.event_id = $1 ORDER BY kept.position`,
    [event.id],
  );
  const retry = retrySchema.parse(event.retry);
  return { ...pick(event, versionColumns), ...pick(event, snapshotColumns), retry, servers, calendars };
}

/** Puts a save on record, in its transaction. */
export async function recordVersion(
  transaction: EntityManager,
  event: Event,
  author: Caller,
  note: string | undefined,
): Promise<void> {
  const held = await heldBy(transaction, event);
  await transaction.insert(EventVersion, {
    id: uuid(),
    eventId: event.id,
    version: event.version,
    ...pick(held, versionColumns),
    snapshot: pick(held, [...snapshotColumns, 'servers', 'calendars']),
    createdBy: author.id,
    authorName: author.name,
    note: note || null,
  });
}

/** The fields of two saves that differ, named as in the API. */
export function changesBetween(before: HeldBySave, after: HeldBySave): string[] {
  const columns = [...versionColumns, ...snapshotColumns].filter(
    (column) => !isDeepStrictEqual(before[column], after[column]),
  );
  const ids = (things: readonly { readonly id: string }[]) => things.map(({ id }) => id);
  const isSame = (of: 'servers' | 'calendars') => isDeepStrictEqual(ids(before[of]), ids(after[of]));
  return [
    ...columns,
    ...(isSame('servers') ? [] : ['serverIds']),
    ...(isSame('calendars') ? [] : ['calendarIds']),
  ];
}

function pick<T, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, from[key]])) as Pick<T, K>;
}

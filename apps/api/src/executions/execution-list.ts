import { type ExecutionQuery, executionStateSchema } from '@cronium/contracts';

import type { Position } from '../http/cursor';

/** Ids of a page of executions in SQL, with the values of its named parameters. */
export interface ExecutionList {
  readonly sql: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * The ids of the newest `query.limit + 1` executions, in no order. For every combination of filters one index has what is asked for side by
 * side, in the order of the list, so that a page costs the same wherever it begins and however few there are: each index has the state
 * before the time, and where no state is asked for the newest of each state are taken.
 *
 * @param ownerId whose they are; undefined for everybody's
 */
export function executionList(
  ownerId: string | undefined,
  query: ExecutionQuery,
  after: Position | undefined,
): ExecutionList {
  const [table, id] = query.serverId ? ['execution_servers', 'execution_id'] : ['executions', 'id'];
  const conditions = [
    ...(query.serverId ? ['server_id = :serverId'] : []),
    ...ownerAndEvent(ownerId, query),
    ...instants(query, after, id),
  ];
  return {
    sql: `SELECT newest.id FROM unnest(:states::text[]) AS asked(state)
           CROSS JOIN LATERAL (
             SELECT ${id} AS id, created_at FROM ${table}
              WHERE ${['state = asked.state', ...conditions].join(' AND ')}
              ORDER BY created_at DESC, ${id} DESC LIMIT :rows) newest
           ORDER BY newest.created_at DESC, newest.id DESC LIMIT :rows`,
    parameters: {
      ...{ ownerId, serverId: query.serverId, eventId: query.eventId },
      ...{ since: query.since, until: query.until, at: after?.at, id: after?.id },
      states: query.state ? [query.state] : executionStateSchema.options,
      rows: query.limit + 1,
    },
  };
}

/** An event keeps its owner, and its executions are the owner's: whose it is, and whether it is still there, is asked once. */
function ownerAndEvent(ownerId: string | undefined, { eventId }: ExecutionQuery): string[] {
  const isOwned = ownerId === undefined ? [] : ['owner_id = :ownerId'];
  if (eventId === undefined) return isOwned;
  const event = ['id = :eventId', ...isOwned].join(' AND ');
  return ['event_id = :eventId', `EXISTS (SELECT FROM events WHERE ${event})`];
}

/**
 * Of two upper bounds the nearer alone, since Postgres begins to read at one of them, whichever that is, and reads on to the other. Within
 * a millisecond both: `until` may be finer than a cursor.
 */
function instants({ since, until }: ExecutionQuery, after: Position | undefined, id: string): string[] {
  const ahead = until === undefined || !after ? 0 : Date.parse(until) - after.at.getTime();
  return [
    ...(since === undefined ? [] : ['created_at >= :since']),
    ...(until === undefined || ahead > 0 ? [] : ['created_at < :until']),
    ...(!after || ahead < 0 ? [] : [`(created_at, ${id}) < (:at, :id)`]),
  ];
}

import type { EventQuery, EventSummary, UserRole } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Position } from '../http/cursor';
import { Event } from './event.entity';
import type { EventRelations } from './event.mapper';
import type { EventVersion } from './event-version.entity';
import type { JoinRule, OverlapRule, RunnableEvent } from './runnable-event';

/** Reads of events that need more than one table. */
@Injectable()
export class EventsRepository {
  constructor(private readonly database: DataSource) {}

  /** One page plus one row, the last changed first. Without the script, which a list does not show. */
  list(ownerId: string | undefined, query: EventQuery, after: Position | undefined): Promise<Event[]> {
    const columns = [
      'id',
      'ownerId',
      'name',
      'description',
      'type',
      'schedule',
      'nextOpenRunAt',
      'paused',
      'misfirePolicy',
      'misfireWindowSeconds',
      'overlapPolicy',
      'maxConcurrentExecutions',
      'maxQueuedExecutions',
      'priority',
      'timeoutSeconds',
      'setupTimeoutSeconds',
      'cleanupTimeoutSeconds',
      'retry',
      'debounceSeconds',
      'coalesce',
      'limits',
      'tags',
      'targetStrategy',
      'serverTag',
      'version',
      'createdAt',
      'updatedAt',
    ];
    const select = this.database
      .getRepository(Event)
      .createQueryBuilder('event')
      .select(columns.map((column) => `event.${column}`))
      .orderBy('event.updatedAt', 'DESC')
      .addOrderBy('event.id', 'DESC')
      .take(query.limit + 1);
    if (ownerId !== undefined) select.andWhere('event.ownerId = :ownerId', { ownerId });
    if (query.type) select.andWhere('event.type = :type', { type: query.type });
    if (query.tag) select.andWhere(':tag = ANY(event.tags)', { tag: query.tag });
    if (query.search) {
      // position() and not LIKE: a search for "100%" means the sign.
      select.andWhere('position(lower(:search) in lower(event.name)) > 0', { search: query.search });
    }
    if (after) select.andWhere('(event.updatedAt, event.id) < (:at, :id)', after);
    return select.getMany();
  }

  /**
   * What an execution takes from an event, and whether its owner may sign in; null when there is no such event.
   *
   * @param version an earlier one instead of the present
   */
  async runnable(id: string, version?: number): Promise<(RunnableEvent & { isOwnerActive: boolean }) | null> {
    const [row] = await this.database.query<RunnableRow[]>(
      `SELECT version.id AS "versionId", version.type, event.name, owner.id AS "ownerId", owner.role AS "ownerRole",
              owner.status = 'ACTIVE' AS "isOwnerActive", event.server_tag AS "serverTag", event.target_strategy AS "targetStrategy",
              event.priority, event.overlap_policy AS "overlapPolicy", event.max_concurrent_executions AS "maxConcurrentExecutions",
              event.max_queued_executions AS "maxQueuedExecutions", event.debounce_seconds AS "debounceSeconds", event.coalesce,
              ARRAY(SELECT server_id FROM event_servers WHERE event_id = event.id ORDER BY position) AS "serverIds"
         FROM events event
         JOIN users owner ON owner.id = event.owner_id
         JOIN event_versions version ON version.event_id = event.id AND version.version = coalesce($2, event.version)
        WHERE event.id = $1`,
      [id, version ?? null],
    );
    if (!row) return null;
    const { ownerId, ownerRole, ...fields } = row;
    return { ...fields, owner: { id: ownerId, role: ownerRole }, overlap: row, joining: row };
  }

  /** The version that each of these events has now, by the event's id. */
  async presentVersionsOf(
    eventIds: readonly string[],
  ): Promise<Map<string, Pick<EventVersion, 'id' | 'type'>>> {
    const rows = await this.database.query<({ event_id: string } & Pick<EventVersion, 'id' | 'type'>)[]>(
      `SELECT version.event_id, version.id, version.type
         FROM events event JOIN event_versions version ON version.event_id = event.id AND version.version = event.version
        WHERE event.id = ANY($1)`,
      [eventIds],
    );
    return new Map(rows.map(({ event_id, ...version }) => [event_id, version]));
  }

  /** Owner, servers and calendars of each event, by the event's id. */
  async relationsOf(eventIds: readonly string[]): Promise<Map<string, EventRelations>> {
    const rows = await this.database.query<({ event_id: string } & EventRelations)[]>(
      `SELECT event.id AS event_id,
              json_build_object('id', owner.id, 'name', owner.name) AS owner,
              (SELECT coalesce(json_agg(json_build_object('id', server.id, 'name', server.name, 'type', server.type)
                               ORDER BY chosen.position), '[]')
                 FROM event_servers chosen JOIN servers server ON server.id = chosen.server_id
                WHERE chosen.event_id = event.id) AS servers,
              (SELECT coalesce(json_agg(json_build_object('id', calendar.id, 'name', calendar.name)
                               ORDER BY kept.position), '[]')
                 FROM event_calendars kept JOIN calendars calendar ON calendar.id = kept.calendar_id
                WHERE kept.event_id = event.id) AS calendars
         FROM events event JOIN users owner ON owner.id = event.owner_id
        WHERE event.id = ANY($1)`,
      [eventIds],
    );
    return new Map(rows.map(({ event_id, ...relations }) => [event_id, relations]));
  }

  /** The newest execution of each event, by the event's id. */
  async lastExecutionsOf(eventIds: readonly string[]): Promise<Map<string, EventSummary['lastExecution']>> {
    const rows = await this.database.query<LastExecutionRow[]>(
      `SELECT event.id AS event_id, last.id, last.state, last.created_at, last.started_at, last.ended_at
         FROM unnest($1::uuid[]) AS event(id)
        CROSS JOIN LATERAL (SELECT * FROM executions WHERE event_id = event.id
                             ORDER BY created_at DESC, id DESC LIMIT 1) AS last`,
      [eventIds],
    );
    return new Map(
      rows.map((row) => [
        row.event_id,
        {
          id: row.id,
          state: row.state,
          createdAt: row.created_at.toISOString(),
          startedAt: row.started_at?.toISOString() ?? null,
          endedAt: row.ended_at?.toISOString() ?? null,
        },
      ]),
    );
  }
}

interface RunnableRow extends Omit<RunnableEvent, 'owner' | 'overlap' | 'joining'>, OverlapRule, JoinRule {
  readonly ownerId: string;
  readonly ownerRole: UserRole;
  readonly isOwnerActive: boolean;
}

interface LastExecutionRow {
  event_id: string;
  id: string;
  state: string;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

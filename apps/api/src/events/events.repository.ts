import type { EventQuery, EventSummary } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Position } from '../http/cursor';
import { Event } from './event.entity';
import type { EventRelations } from './event.mapper';

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
      'timeoutSeconds',
      'limits',
      'tags',
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

  /** Owner and servers of each event, by the event's id. */
  async relationsOf(eventIds: readonly string[]): Promise<Map<string, EventRelations>> {
    const rows = await this.database.query<({ event_id: string } & EventRelations)[]>(
      `SELECT event.id AS event_id,
              json_build_object('id', owner.id, 'name', owner.name) AS owner,
              (SELECT coalesce(json_agg(json_build_object('id', server.id, 'name', server.name, 'type', server.type)
                               ORDER BY chosen.position), '[]')
                 FROM event_servers chosen JOIN servers server ON server.id = chosen.server_id
                WHERE chosen.event_id = event.id) AS servers
         FROM events event JOIN users owner ON owner.id = event.owner_id
        WHERE event.id = ANY($1)`,
      [eventIds],
    );
    return new Map(rows.map(({ event_id, owner, servers }) => [event_id, { owner, servers }]));
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

interface LastExecutionRow {
  event_id: string;
  id: string;
  state: string;
  created_at: Date;
  started_at: Date | null;
  ended_at: Date | null;
}

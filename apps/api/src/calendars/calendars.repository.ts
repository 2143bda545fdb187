import type { CalendarQuery } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

import type { Position } from '../http/cursor';
import { Calendar } from './calendar.entity';
import type { CalendarRelations } from './calendar.mapper';

/** An event as it is named to those who change its calendar. */
export interface UsingEvent {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
}

/** Reads of calendars that need more than one table. */
@Injectable()
export class CalendarsRepository {
  constructor(private readonly database: DataSource) {}

  /** One page plus one row, the oldest first, without rules. */
  list(
    seenBy: string | undefined,
    { search, limit }: CalendarQuery,
    after: Position | undefined,
  ): Promise<Calendar[]> {
    const columns = ['id', 'ownerId', 'name', 'description', 'kind', 'timezone', 'visibility'];
    const select = this.database
      .getRepository(Calendar)
      .createQueryBuilder('calendar')
      .select([...columns, 'createdAt', 'updatedAt'].map((column) => `calendar.${column}`))
      .orderBy('calendar.createdAt')
      .addOrderBy('calendar.id')
      .take(limit + 1);
    if (seenBy !== undefined) {
      select.andWhere(`(calendar.ownerId = :seenBy OR calendar.visibility = 'everyone')`, { seenBy });
    }
    if (search) {
      // position() and not LIKE: a search for "100%" means the sign.
      select.andWhere('position(lower(:search) in lower(calendar.name)) > 0', { search });
    }
    if (after) select.andWhere('(calendar.createdAt, calendar.id) > (:at, :id)', after);
    return select.getMany();
  }

  /** What is shown beside each calendar, by its id. */
  async relationsOf(
    ids: readonly string[],
  ): Promise<Map<string, CalendarRelations & { readonly ruleCount: number }>> {
    const rows = await this.database.query<
      ({ id: string } & CalendarRelations & { readonly ruleCount: number })[]
    >(
      `SELECT calendar.id, json_build_object('id', owner.id, 'name', owner.name) AS owner,
              (SELECT count(*)::int FROM event_calendars used WHERE used.calendar_id = calendar.id) AS "usedBy",
              jsonb_array_length(calendar.rules) + jsonb_array_length(calendar.imported_rules) AS "ruleCount"
         FROM calendars calendar JOIN users owner ON owner.id = calendar.owner_id
        WHERE calendar.id = ANY($1)`,
      [ids],
    );
    return new Map(rows.map(({ id, ...relations }) => [id, relations]));
  }

  /** The events that keep to a calendar, by name. */
  eventsUsing(manager: EntityManager, id: string): Promise<UsingEvent[]> {
    return manager.query<UsingEvent[]>(
      `SELECT event.id, event.name, event.owner_id AS "ownerId"
         FROM event_calendars used JOIN events event ON event.id = used.event_id
        WHERE used.calendar_id = $1 ORDER BY lower(event.name), event.id`,
      [id],
    );
  }
}

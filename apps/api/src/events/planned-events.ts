import type { UpcomingEvent } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type Caller, ownerFilter } from '../auth/policy';
import type { Scheduled } from '../scheduler/timetable';
import { Event } from './event.entity';
import { EventsRepository } from './events.repository';
import { scheduledOf } from './scheduled-events';

/** An event with a schedule that goes on, as a calendar of runs shows it. */
export interface PlannedEvent {
  readonly scheduled: Scheduled & { readonly nextPlannedAt: Date };
  readonly shown: Omit<UpcomingEvent, 'description' | 'runs' | 'hours'>;
}

export interface PlannedEventFilter {
  /** Only those that may have a run before. */
  readonly before: Date;
  readonly eventId: string | undefined;
}

/** All but the script and the environment. */
const columns = [
  ...['id', 'ownerId', 'name', 'type', 'targetStrategy', 'serverTag', 'createdAt'],
  ...['schedule', 'paused', 'misfirePolicy', 'misfireWindowSeconds'],
  ...['nextPlannedAt', 'nextRunAt', 'scheduledRuns'],
];

/** What runs by itself, and the caller may see. */
@Injectable()
export class PlannedEvents {
  constructor(
    private readonly database: DataSource,
    private readonly repository: EventsRepository,
  ) {}

  /**
   * The next first, and how many there are without the limit. The next run of a paused one may be long past: whether it has one to come is
   * not known here.
   */
  async list(
    caller: Caller,
    { before, eventId }: PlannedEventFilter,
    limit: number,
  ): Promise<{ events: PlannedEvent[]; count: number }> {
    const select = this.database
      .getRepository(Event)
      .createQueryBuilder('event')
      .select(columns.map((column) => `event.${column}`))
      .where('event.nextRunAt < :before', { before })
      .orderBy('event.nextRunAt')
      .addOrderBy('event.id')
      .take(limit);
    const ownerId = ownerFilter(caller);
    if (ownerId !== undefined) select.andWhere('event.ownerId = :ownerId', { ownerId });
    if (eventId !== undefined) select.andWhere('event.id = :eventId', { eventId });
    const [found, count] = await select.getManyAndCount();
    const relations = await this.repository.relationsOf(found.map(({ id }) => id));
    const events = found.flatMap((event) => {
      const related = relations.get(event.id);
      const { nextPlannedAt } = event;
      if (!related || !nextPlannedAt) return [];
      const { owner, servers } = related;
      const shown = { ...shownOf(event), owner, servers };
      return [{ scheduled: { ...scheduledOf(event), nextPlannedAt }, shown }];
    });
    return { events, count };
  }
}

function shownOf({ id, name, type, serverTag, targetStrategy, schedule, paused }: Event) {
  return { id, name, type, serverTag, targetStrategy, schedule, paused };
}

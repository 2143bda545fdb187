import type {
  Event as EventDto,
  EventVersion as EventVersionDto,
  EventVersionEntry,
  Page,
  PageQuery,
  RestoreVersion,
} from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import type { Caller } from '../auth/policy';
import { CalendarLookup } from '../calendars/calendar-lookup';
import { decodeCursor, toPage } from '../http/cursor';
import { DomainError } from '../http/domain-error';
import { ServersService } from '../servers/servers.service';
import { heldByVersion, type HeldBySave } from './event-snapshot';
import { toEventVersion, toVersionEntry } from './event-version.mapper';
import type { EventVersion } from './event-version.entity';
import { EventVersionsRepository } from './event-versions.repository';
import { EventsService } from './events.service';
import { toEnvironmentDto } from './stored-environment';

/** The history of an event: its saves, and the way back to one. */
@Injectable()
export class EventVersionsService {
  constructor(
    private readonly repository: EventVersionsRepository,
    private readonly events: EventsService,
    private readonly servers: ServersService,
    private readonly calendars: CalendarLookup,
    private readonly database: DataSource,
  ) {}

  async list(caller: Caller, eventId: string, query: PageQuery): Promise<Page<EventVersionEntry>> {
    await this.events.assertMayAccess(caller, eventId);
    const rows = await this.repository.page(eventId, query.limit, decodeCursor(query.cursor)?.id);
    const page = toPage(rows, query.limit, ({ createdAt: at, id }) => ({ at, id }));
    return { ...page, items: page.items.map((version, index) => toVersionEntry(version, rows[index + 1])) };
  }

  async get(caller: Caller, eventId: string, version: number): Promise<EventVersionDto> {
    await this.events.assertMayAccess(caller, eventId);
    return toEventVersion(await this.find(eventId, version));
  }

  /**
   * Saves the event as it was, which is a new version. Secrets come from the version, too, without being opened.
   *
   * @throws DomainError a conflict when the event was saved since the caller read it, or cannot be as it was any more
   */
  async restore(
    caller: Caller,
    eventId: string,
    version: number,
    { currentVersion, note }: RestoreVersion,
  ): Promise<EventDto> {
    const { owner } = await this.events.runnable(caller, eventId);
    const row = await this.find(eventId, version);
    const { servers, calendars, environment, ...held } = heldByVersion(row);
    await this.assertUsable(owner, version, servers);
    await this.assertCalendars(owner, version, calendars);
    const change = {
      ...held,
      serverIds: servers.map(({ id }) => id),
      calendarIds: calendars.map(({ id }) => id),
      environment: toEnvironmentDto(environment),
      version: currentVersion,
      note: note || `Version ${version} restored.`,
    };
    try {
      return await this.events.update(caller, eventId, change, row.environment);
    } catch (error) {
      // Nothing of the request is wrong: it is the version that does not fit any more, for example a time that has passed.
      if (!(error instanceof DomainError) || error.status !== 400) throw error;
      throw unusable(version, error.message);
    }
  }

  private async find(eventId: string, version: number): Promise<EventVersion> {
    const found = await this.repository.find(eventId, version);
    if (found) return found;
    throw new DomainError('not_found', 'version_not_found', `The event has no version ${version}.`);
  }

  private async assertUsable(
    owner: Pick<Caller, 'id' | 'role'>,
    version: number,
    servers: HeldBySave['servers'],
  ): Promise<void> {
    const ids = servers.map(({ id }) => id);
    const usable = new Set((await this.servers.usableAmong(owner, ids)).map(({ id }) => id));
    const missing = servers.filter(({ id }) => !usable.has(id)).map(({ name }) => `“${name}”`);
    if (missing.length > 0) throw unusable(version, `It runs on ${gone(missing)}`);
  }

  private async assertCalendars(
    owner: Pick<Caller, 'id' | 'role'>,
    version: number,
    calendars: HeldBySave['calendars'],
  ): Promise<void> {
    const missing: string[] = [];
    for (const { id, name } of calendars) {
      const isUsable = await this.calendars.usable(this.database.manager, owner, [id]).then(
        () => true,
        (error: unknown) => {
          if (error instanceof DomainError) return false;
          throw error;
        },
      );
      if (!isUsable) missing.push(`“${name}”`);
    }
    if (missing.length > 0) throw unusable(version, `It keeps to the calendar ${gone(missing)}`);
  }
}

const gone = (names: readonly string[]): string =>
  `${names.join(', ')}, which ${names.length === 1 ? 'was' : 'were'} deleted or may not be used by the event’s owner any more.`;

function unusable(version: number, why: string): DomainError {
  return new DomainError(
    'conflict',
    'version_unusable',
    `Version ${version} cannot be restored as it was. ${why} Copy what you need of it into the event instead.`,
  );
}

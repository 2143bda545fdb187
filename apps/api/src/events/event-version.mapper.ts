import type { EventVersion as EventVersionDto, EventVersionEntry } from '@cronium/contracts';

import { changesBetween, heldByVersion } from './event-snapshot';
import type { EventVersion } from './event-version.entity';
import type { ListedVersion } from './event-versions.repository';
import { toEnvironmentDto } from './stored-environment';

/** @param before the version that it replaced; undefined for the first */
export function toVersionEntry(version: ListedVersion, before: ListedVersion | undefined): EventVersionEntry {
  return { ...entryOf(version), changes: before ? changes(before, version) : [] };
}

export function toEventVersion(version: EventVersion): EventVersionDto {
  const { servers, calendars, environment, ...held } = heldByVersion(version);
  return {
    ...held,
    ...entryOf(version),
    serverIds: servers.map(({ id }) => id),
    servers,
    calendarIds: calendars.map(({ id }) => id),
    calendars,
    environment: toEnvironmentDto(environment),
  };
}

function changes(before: ListedVersion, after: ListedVersion): string[] {
  const others = changesBetween(held(before), held(after));
  return after.contentChanged ? ['content', ...others] : others;
}

const held = (version: ListedVersion) => heldByVersion({ ...version, content: '' });

function entryOf(version: Omit<EventVersion, 'content'>) {
  const { createdBy, authorName } = version;
  return {
    version: version.version,
    at: version.createdAt.toISOString(),
    author: authorName === null ? null : { id: createdBy, name: authorName },
    note: version.note,
  };
}

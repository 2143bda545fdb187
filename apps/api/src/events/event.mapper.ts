import { type Event as EventDto, type EventSummary, retrySchema } from '@cronium/contracts';

import type { Event } from './event.entity';
import { toEnvironmentDto } from './stored-environment';

/** What belongs to an event and stands in other tables. */
export interface EventRelations {
  readonly owner: EventDto['owner'];
  readonly servers: EventDto['servers'];
  readonly calendars: EventDto['calendars'];
}

export function toEventDto(event: Event, relations: EventRelations): EventDto {
  return {
    ...shared(event, relations),
    content: event.content,
    environment: toEnvironmentDto(event.environment),
  };
}

export function toEventSummary(
  event: Event,
  relations: EventRelations,
  lastExecution: EventSummary['lastExecution'],
): EventSummary {
  return { ...shared(event, relations), lastExecution };
}

function shared(
  event: Event,
  { owner, servers, calendars }: EventRelations,
): Omit<EventDto, 'content' | 'environment'> {
  return {
    id: event.id,
    name: event.name,
    description: event.description,
    type: event.type,
    serverIds: servers.map((server) => server.id),
    servers,
    serverTag: event.serverTag,
    targetStrategy: event.targetStrategy,
    schedule: event.schedule,
    nextRunAt: event.nextOpenRunAt && event.nextOpenRunAt.toISOString(),
    calendarIds: calendars.map((calendar) => calendar.id),
    calendars,
    paused: event.paused,
    misfirePolicy: event.misfirePolicy,
    misfireWindowSeconds: event.misfireWindowSeconds,
    overlapPolicy: event.overlapPolicy,
    maxConcurrentExecutions: event.maxConcurrentExecutions,
    maxQueuedExecutions: event.maxQueuedExecutions,
    priority: event.priority,
    timeoutSeconds: event.timeoutSeconds,
    setupTimeoutSeconds: event.setupTimeoutSeconds,
    cleanupTimeoutSeconds: event.cleanupTimeoutSeconds,
    retry: retrySchema.parse(event.retry),
    debounceSeconds: event.debounceSeconds,
    coalesce: event.coalesce,
    limits: event.limits,
    tags: event.tags,
    owner,
    version: event.version,
    createdAt: event.createdAt.toISOString(),
    updatedAt: event.updatedAt.toISOString(),
  };
}

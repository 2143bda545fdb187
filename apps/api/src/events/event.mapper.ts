import type { Event as EventDto, EventSummary } from '@cronium/contracts';

import type { Event } from './event.entity';
import { toEnvironmentDto } from './stored-environment';

/** What belongs to an event and stands in other tables. */
export interface EventRelations {
  readonly owner: EventDto['owner'];
  readonly servers: EventDto['servers'];
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

function shared(event: Event, { owner, servers }: EventRelations): Omit<EventDto, 'content' | 'environment'> {
  return {
    id: event.id,
    name: event.name,
    description: event.description,
    type: event.type,
    serverIds: servers.map((server) => server.id),
    servers,
    schedule: event.schedule,
    timeoutSeconds: event.timeoutSeconds,
    limits: event.limits,
    tags: event.tags,
    owner,
    version: event.version,
    createdAt: event.createdAt.toISOString(),
    updatedAt: event.updatedAt.toISOString(),
  };
}

import {
  type CreateEvent,
  createEventSchema,
  type Event,
  eventPageSchema,
  type EventQuery,
  eventQuerySchema,
  eventSchema,
  type EventSummary,
  type IdParams,
  idParamsSchema,
  type Page,
  routes,
  type UpdateEvent,
  updateEventSchema,
} from '@cronium/contracts';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { EventsService } from './events.service';

@ApiTags('events')
@Controller(routes.events)
export class EventsController {
  constructor(private readonly events: EventsService) {}

  @Permits('event.read')
  @Get()
  @Answers('Events that the caller may see, the last changed first.', 200, eventPageSchema, [400, 401, 403])
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: eventQuerySchema }) query: EventQuery,
  ): Promise<Page<EventSummary>> {
    return this.events.list(caller, query);
  }

  @Permits('event.create')
  @Post()
  @Answers('Create an event.', 201, eventSchema, [400, 401, 403, 413])
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createEventSchema }) details: CreateEvent,
  ): Promise<Event> {
    return this.events.create(caller, details);
  }

  @Permits('event.read')
  @Get(':id')
  @Answers('One event, with its script.', 200, eventSchema, [400, 401, 403, 404])
  get(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<Event> {
    return this.events.get(caller, id);
  }

  @Permits('event.update')
  @Patch(':id')
  @Answers(
    'Change an event. Every save that changes something is a version.',
    200,
    eventSchema,
    [400, 401, 403, 404, 409, 413],
  )
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateEventSchema }) change: UpdateEvent,
  ): Promise<Event> {
    return this.events.update(caller, id, change);
  }

  @Permits('event.delete')
  @Delete(':id')
  @HttpCode(204)
  @Answers('Delete an event; its executions stay.', 204, undefined, [400, 401, 403, 404, 409])
  delete(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<void> {
    return this.events.delete(caller, id);
  }
}

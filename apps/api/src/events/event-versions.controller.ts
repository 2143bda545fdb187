import {
  type Event,
  eventSchema,
  type EventVersion,
  type EventVersionEntry,
  eventVersionPageSchema,
  type EventVersionParams,
  eventVersionParamsSchema,
  eventVersionSchema,
  type IdParams,
  idParamsSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  type RestoreVersion,
  restoreVersionSchema,
  routes,
} from '@cronium/contracts';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { EventVersionsService } from './event-versions.service';

@ApiTags('events')
@Controller(`${routes.events}/:id/versions`)
export class EventVersionsController {
  constructor(private readonly versions: EventVersionsService) {}

  @Permits('event.read')
  @Get()
  @Answers('The saves of an event, newest first.', 200, eventVersionPageSchema, [400, 401, 403, 404])
  list(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<EventVersionEntry>> {
    return this.versions.list(caller, id, query);
  }

  @Permits('event.read')
  @Get(':version')
  @Answers('An event as it was at one save.', 200, eventVersionSchema, [400, 401, 403, 404])
  get(
    @CurrentUser() caller: Caller,
    @Param({ schema: eventVersionParamsSchema }) { id, version }: EventVersionParams,
  ): Promise<EventVersion> {
    return this.versions.get(caller, id, version);
  }

  @Permits('event.update')
  @Post(':version/restore')
  @HttpCode(200)
  @Answers(
    'Save an event as it was at an earlier save, its secrets included. That is a new version.',
    200,
    eventSchema,
    [400, 401, 403, 404, 409, 413],
  )
  restore(
    @CurrentUser() caller: Caller,
    @Param({ schema: eventVersionParamsSchema }) { id, version }: EventVersionParams,
    @Body({ schema: restoreVersionSchema }) request: RestoreVersion,
  ): Promise<Event> {
    return this.versions.restore(caller, id, version, request);
  }
}

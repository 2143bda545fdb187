import {
  type Calendar,
  calendarPageSchema,
  type CalendarQuery,
  calendarQuerySchema,
  calendarSchema,
  type CalendarSummary,
  type CreateCalendar,
  createCalendarSchema,
  type DeleteCalendarQuery,
  deleteCalendarQuerySchema,
  type IdParams,
  idParamsSchema,
  type ImportCalendar,
  importCalendarSchema,
  type ImportPreview,
  importPreviewSchema,
  type Page,
  type PreviewImport,
  previewImportSchema,
  routes,
  type UpdateCalendar,
  updateCalendarSchema,
} from '@cronium/contracts';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { CalendarsService } from './calendars.service';

@ApiTags('calendars')
@Controller(routes.calendars)
export class CalendarsController {
  constructor(private readonly calendars: CalendarsService) {}

  @Permits('calendar.read')
  @Get()
  @Answers(
    'Calendars that the caller may use: own ones, and those for everyone.',
    200,
    calendarPageSchema,
    [400, 401, 403],
  )
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: calendarQuerySchema }) query: CalendarQuery,
  ): Promise<Page<CalendarSummary>> {
    return this.calendars.list(caller, query);
  }

  @Permits('calendar.create')
  @Post()
  @Answers(
    'Create a calendar, with a file to begin with if there is one.',
    201,
    calendarSchema,
    [400, 401, 403, 413],
  )
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createCalendarSchema }) details: CreateCalendar,
  ): Promise<Calendar> {
    return this.calendars.create(caller, details);
  }

  @Permits('calendar.create')
  @Post('import-preview')
  @HttpCode(200)
  @Answers('What an iCalendar file holds; nothing is stored.', 200, importPreviewSchema, [400, 401, 403, 413])
  previewImport(@Body({ schema: previewImportSchema }) file: PreviewImport): ImportPreview {
    return this.calendars.previewImport(file);
  }

  @Permits('calendar.read')
  @Get(':id')
  @Answers('One calendar, with its rules.', 200, calendarSchema, [400, 401, 403, 404])
  get(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<Calendar> {
    return this.calendars.get(caller, id);
  }

  @Permits('calendar.update')
  @Patch(':id')
  @Answers(
    'Change a calendar; the events that use it are planned anew.',
    200,
    calendarSchema,
    [400, 401, 403, 404, 409, 413],
  )
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateCalendarSchema }) change: UpdateCalendar,
  ): Promise<Calendar> {
    return this.calendars.update(caller, id, change);
  }

  @Permits('calendar.update')
  @Delete(':id')
  @HttpCode(204)
  @Answers('Delete a calendar.', 204, undefined, [400, 401, 403, 404, 409])
  delete(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: deleteCalendarQuerySchema }) { confirm }: DeleteCalendarQuery,
  ): Promise<void> {
    return this.calendars.delete(caller, id, confirm);
  }

  @Permits('calendar.update')
  @Put(':id/import')
  @Answers(
    'Import an iCalendar file: it replaces what was imported before. Rules written by hand stay.',
    200,
    calendarSchema,
    [400, 401, 403, 404, 413],
  )
  import(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: importCalendarSchema }) file: ImportCalendar,
  ): Promise<Calendar> {
    return this.calendars.import(caller, id, file);
  }

  @Permits('calendar.update')
  @Delete(':id/import')
  @Answers('Take out what was imported.', 200, calendarSchema, [400, 401, 403, 404])
  removeImport(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<Calendar> {
    return this.calendars.removeImport(caller, id);
  }
}

import {
  type PreviewSchedule,
  previewScheduleSchema,
  routes,
  type SchedulePreview,
  schedulePreviewSchema,
  type Upcoming,
  type UpcomingQuery,
  upcomingQuerySchema,
  upcomingSchema,
} from '@cronium/contracts';
import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { SchedulePreviews } from './schedule-previews';
import { UpcomingService } from './upcoming.service';

@ApiTags('schedules')
@Controller(routes.schedules)
export class SchedulesController {
  constructor(
    private readonly previews: SchedulePreviews,
    private readonly upcomingRuns: UpcomingService,
  ) {}

  @Permits('event.read')
  @Post('preview')
  @HttpCode(200)
  @Answers(
    'A schedule in words, and when it would run next, or which calendar would stop it.',
    200,
    schedulePreviewSchema,
    [400, 401, 403, 404, 413],
  )
  preview(
    @CurrentUser() caller: Caller,
    @Body({ schema: previewScheduleSchema }) request: PreviewSchedule,
  ): Promise<SchedulePreview> {
    return this.previews.preview(caller, request);
  }

  @Permits('event.read')
  @Get('upcoming')
  @Answers(
    'What is planned to run, of the events that the caller may see.',
    200,
    upcomingSchema,
    [400, 401, 403],
  )
  upcoming(
    @CurrentUser() caller: Caller,
    @Query({ schema: upcomingQuerySchema }) query: UpcomingQuery,
  ): Promise<Upcoming> {
    return this.upcomingRuns.upcoming(caller, query, new Date());
  }
}

import {
  type DashboardFailures,
  dashboardFailuresSchema,
  type DashboardHeatMap,
  dashboardHeatMapSchema,
  type DashboardPeriodQuery,
  dashboardPeriodQuerySchema,
  type DashboardQuery,
  dashboardQuerySchema,
  type DashboardSummary,
  dashboardSummarySchema,
  type DashboardTrend,
  dashboardTrendSchema,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { DashboardService } from './dashboard.service';

@ApiTags('dashboard')
@Controller(routes.dashboard)
export class DashboardController {
  constructor(private readonly dashboard: DashboardService) {}

  @Permits('dashboard.read')
  @Get('summary')
  @Answers(
    'Events, what runs and waits now, and what runs next.',
    200,
    dashboardSummarySchema,
    [400, 401, 403],
  )
  summary(
    @CurrentUser() caller: Caller,
    @Query({ schema: dashboardQuerySchema }) { scope }: DashboardQuery,
  ): Promise<DashboardSummary> {
    return this.dashboard.summary(caller, scope);
  }

  @Permits('dashboard.read')
  @Get('failures')
  @Answers('Recent failures, grouped by event and cause.', 200, dashboardFailuresSchema, [400, 401, 403])
  failures(
    @CurrentUser() caller: Caller,
    @Query({ schema: dashboardPeriodQuerySchema }) query: DashboardPeriodQuery,
  ): Promise<DashboardFailures> {
    return this.dashboard.failures(caller, query);
  }

  @Permits('dashboard.read')
  @Get('heatmap')
  @Answers(
    'How many executions succeeded and failed, by the day and hour at which they were triggered.',
    200,
    dashboardHeatMapSchema,
    [400, 401, 403],
  )
  heatMap(
    @CurrentUser() caller: Caller,
    @Query({ schema: dashboardPeriodQuerySchema }) query: DashboardPeriodQuery,
  ): Promise<DashboardHeatMap> {
    return this.dashboard.heatMap(caller, query);
  }

  @Permits('dashboard.read')
  @Get('trend')
  @Answers(
    'Executions by day: how they ended, how long they ran and waited; and the period before.',
    200,
    dashboardTrendSchema,
    [400, 401, 403],
  )
  trend(
    @CurrentUser() caller: Caller,
    @Query({ schema: dashboardPeriodQuerySchema }) query: DashboardPeriodQuery,
  ): Promise<DashboardTrend> {
    return this.dashboard.trend(caller, query);
  }
}

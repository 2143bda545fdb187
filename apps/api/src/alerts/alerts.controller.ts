import {
  type Alert,
  alertPageSchema,
  type AlertQuery,
  alertQuerySchema,
  type Page,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { AlertsService } from './alerts.service';

@ApiTags('alerts')
@Controller(routes.alerts)
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Permits('alert.read')
  @Get()
  @Answers(
    'Alerts of servers that the caller may manage, and of events that the caller may see, newest first.',
    200,
    alertPageSchema,
    [400, 401, 403],
  )
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: alertQuerySchema }) query: AlertQuery,
  ): Promise<Page<Alert>> {
    return this.alerts.list(caller, query);
  }
}

import {
  type Alert,
  type AlertDetails,
  alertDetailsSchema,
  type AlertNote,
  alertNoteSchema,
  alertPageSchema,
  type AlertQuery,
  alertQuerySchema,
  type IdParams,
  idParamsSchema,
  type OpenAlerts,
  openAlertsSchema,
  type Page,
  routes,
} from '@cronium/contracts';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
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
    'Alerts of servers that the caller may manage, and of their own events, newest first; administrators see all.',
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

  @Permits('alert.read')
  @Get('open')
  @Answers('How many alerts nobody has acknowledged, and the most severe.', 200, openAlertsSchema, [401, 403])
  open(@CurrentUser() caller: Caller): Promise<OpenAlerts> {
    return this.alerts.open(caller);
  }

  @Permits('alert.read')
  @Get(':id')
  @Answers('One alert, with its history and deliveries.', 200, alertDetailsSchema, [400, 401, 403, 404])
  get(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<AlertDetails> {
    return this.alerts.get(caller, id);
  }

  @Permits('alert.change')
  @Post(':id/acknowledge')
  @HttpCode(200)
  @Answers(
    'Say that one sees to it. Nothing happens when somebody does already.',
    200,
    alertDetailsSchema,
    [400, 401, 403, 404, 409, 413],
  )
  acknowledge(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: alertNoteSchema }) { note }: AlertNote,
  ): Promise<AlertDetails> {
    return this.alerts.acknowledge(caller, id, note);
  }

  @Permits('alert.change')
  @Post(':id/resolve')
  @HttpCode(200)
  @Answers(
    'Say that it is over. It opens anew if its cause lasts as long as its rule says.',
    200,
    alertDetailsSchema,
    [400, 401, 403, 404, 409, 413],
  )
  resolve(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: alertNoteSchema }) { note }: AlertNote,
  ): Promise<AlertDetails> {
    return this.alerts.resolve(caller, id, note);
  }
}

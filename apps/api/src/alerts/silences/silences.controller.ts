import {
  type AlertSilence,
  alertSilencePageSchema,
  type AlertSilenceQuery,
  alertSilenceQuerySchema,
  alertSilenceSchema,
  type CreateAlertSilence,
  createAlertSilenceSchema,
  type IdParams,
  idParamsSchema,
  type Page,
  routes,
} from '@cronium/contracts';
import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../../auth/access.decorators';
import type { Caller } from '../../auth/policy';
import { Answers } from '../../http/openapi.decorators';
import { SilencesService } from './silences.service';

@ApiTags('alerts')
@Controller(routes.alertSilences)
export class AlertSilencesController {
  constructor(private readonly silences: SilencesService) {}

  @Permits('alert.read')
  @Get()
  @Answers(
    'Silences of servers that the caller may manage, and of their own events, newest first; administrators see all.',
    200,
    alertSilencePageSchema,
    [400, 401, 403],
  )
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: alertSilenceQuerySchema }) query: AlertSilenceQuery,
  ): Promise<Page<AlertSilence>> {
    return this.silences.list(caller, query);
  }

  @Permits('alert.change')
  @Post()
  @Answers(
    'Keep alerts from being delivered for a time, or for the same hours each week.',
    201,
    alertSilenceSchema,
    [400, 401, 403, 413],
  )
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createAlertSilenceSchema }) details: CreateAlertSilence,
  ): Promise<AlertSilence> {
    return this.silences.create(caller, details);
  }

  @Permits('alert.change')
  @Delete(':id')
  @HttpCode(204)
  @Answers(
    'Delete a silence. What it kept back and is not over is delivered.',
    204,
    undefined,
    [400, 401, 403, 404],
  )
  delete(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<void> {
    return this.silences.delete(caller, id);
  }
}

import {
  type AlertChannel,
  alertChannelPageSchema,
  alertChannelSchema,
  type AlertChannelTest,
  alertChannelTestSchema,
  type CreateAlertChannel,
  createAlertChannelSchema,
  type IdParams,
  idParamsSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  routes,
  type TestAlertChannel,
  testAlertChannelSchema,
  type UpdateAlertChannel,
  updateAlertChannelSchema,
} from '@cronium/contracts';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../../auth/access.decorators';
import type { Caller } from '../../auth/policy';
import { Answers } from '../../http/openapi.decorators';
import { ChannelsService } from './channels.service';

@ApiTags('alerts')
@Permits('alert.manage')
@Controller(routes.alertChannels)
export class AlertChannelsController {
  constructor(private readonly channels: ChannelsService) {}

  @Get()
  @Answers(
    'The channels by which alerts are delivered, without their secrets. Administrators only.',
    200,
    alertChannelPageSchema,
    [400, 401, 403],
  )
  list(@Query({ schema: pageQuerySchema }) query: PageQuery): Promise<Page<AlertChannel>> {
    return this.channels.list(query);
  }

  @Post()
  @Answers('Set up a channel.', 201, alertChannelSchema, [400, 401, 403, 409, 413])
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createAlertChannelSchema }) details: CreateAlertChannel,
  ): Promise<AlertChannel> {
    return this.channels.create(caller, details);
  }

  @Get(':id')
  @Answers('One channel, without its secret.', 200, alertChannelSchema, [400, 401, 403, 404])
  get(@Param({ schema: idParamsSchema }) { id }: IdParams): Promise<AlertChannel> {
    return this.channels.get(id);
  }

  @Patch(':id')
  @Answers('Change a channel.', 200, alertChannelSchema, [400, 401, 403, 404, 409, 413])
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateAlertChannelSchema }) change: UpdateAlertChannel,
  ): Promise<AlertChannel> {
    return this.channels.update(caller, id, change);
  }

  @Delete(':id')
  @HttpCode(204)
  @Answers(
    'Delete a channel. What waits to be delivered by it is given up.',
    204,
    undefined,
    [400, 401, 403, 404],
  )
  delete(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<void> {
    return this.channels.delete(caller, id);
  }

  @Post(':id/test')
  @HttpCode(200)
  @Answers(
    'Deliver a test message now; the answer says what the other side said.',
    200,
    alertChannelTestSchema,
    [400, 401, 403, 404, 413],
  )
  test(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: testAlertChannelSchema }) details: TestAlertChannel,
  ): Promise<AlertChannelTest> {
    return this.channels.test(caller, id, details);
  }
}

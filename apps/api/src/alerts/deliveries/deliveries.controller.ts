import {
  type AlertDelivery,
  alertDeliveryPageSchema,
  type AlertDeliveryQuery,
  alertDeliveryQuerySchema,
  type Page,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Permits } from '../../auth/access.decorators';
import { Answers } from '../../http/openapi.decorators';
import { DeliveriesService } from './deliveries.service';

@ApiTags('alerts')
@Controller(routes.alertDeliveries)
export class AlertDeliveriesController {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Permits('alert.manage')
  @Get()
  @Answers(
    'What of alerts was delivered, and what could not be, newest first. Administrators only.',
    200,
    alertDeliveryPageSchema,
    [400, 401, 403],
  )
  list(@Query({ schema: alertDeliveryQuerySchema }) query: AlertDeliveryQuery): Promise<Page<AlertDelivery>> {
    return this.deliveries.list(query);
  }
}

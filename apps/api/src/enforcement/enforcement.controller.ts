import {
  type EnforcementAction,
  enforcementActionPageSchema,
  type EnforcementQuery,
  enforcementQuerySchema,
  type Page,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Permits } from '../auth/access.decorators';
import { Answers } from '../http/openapi.decorators';
import { EnforcementActions } from './enforcement-actions';

@ApiTags('monitoring')
@Controller()
export class EnforcementController {
  constructor(private readonly actions: EnforcementActions) {}

  @Permits('monitoring.read')
  @Get(routes.monitoring.actions)
  @Answers(
    'What was done because of limits, newest first, with the figures that led to it: for administrators. Kept as long as executions.',
    200,
    enforcementActionPageSchema,
    [400, 401, 403],
  )
  list(@Query({ schema: enforcementQuerySchema }) query: EnforcementQuery): Promise<Page<EnforcementAction>> {
    return this.actions.page(query);
  }
}

import {
  type IdParams,
  idParamsSchema,
  type LimitsAdvice as LimitsAdviceDto,
  limitsAdviceSchema,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { LimitsAdvice } from './limits-advice';

@ApiTags('events')
@Controller(routes.events)
export class LimitsAdviceController {
  constructor(private readonly advice: LimitsAdvice) {}

  @Permits('event.read')
  @Get(':id/limits/advice')
  @Answers(
    'What the limits of an event should be, from what its last jobs used.',
    200,
    limitsAdviceSchema,
    [400, 401, 403, 404],
  )
  of(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<LimitsAdviceDto> {
    return this.advice.of(caller, id);
  }
}

import {
  type Page,
  type QueuedJob,
  queuePageSchema,
  type QueueQuery,
  queueQuerySchema,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { QueueService } from './queue.service';

@ApiTags('executions')
@Controller(routes.queue)
export class QueueController {
  constructor(private readonly queue: QueueService) {}

  @Permits('execution.read')
  @Get()
  @Answers(
    'Jobs that wait, with the reason and their turn: the caller’s own, everybody’s for administrators.',
    200,
    queuePageSchema,
    [400, 401, 403],
  )
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: queueQuerySchema }) query: QueueQuery,
  ): Promise<Page<QueuedJob>> {
    return this.queue.list(caller, query);
  }
}

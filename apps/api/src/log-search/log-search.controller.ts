import {
  type LogHitPage,
  logHitPageSchema,
  type LogSearchQuery,
  logSearchQuerySchema,
  routes,
} from '@cronium/contracts';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { LogSearchService } from './log-search.service';

@ApiTags('jobs')
@Controller(routes.logs.search)
export class LogSearchController {
  constructor(private readonly logs: LogSearchService) {}

  @Permits('execution.read')
  @Get()
  @Answers(
    'Lines of all logs that the caller may see, by their words, newest first. A line can be found some seconds after its job has ended, or after it was written by one that goes on.',
    200,
    logHitPageSchema,
    [400, 401, 403],
  )
  search(
    @CurrentUser() caller: Caller,
    @Query({ schema: logSearchQuerySchema }) query: LogSearchQuery,
  ): Promise<LogHitPage> {
    return this.logs.search(caller, query);
  }
}

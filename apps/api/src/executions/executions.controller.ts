import {
  type Execution,
  executionPageSchema,
  type ExecutionQuery,
  executionQuerySchema,
  executionSchema,
  type ExecutionSummary,
  type IdParams,
  idParamsSchema,
  type Page,
  routes,
  type RunAgain,
  runAgainSchema,
  type RunEvent,
  type RunEventQuery,
  runEventQuerySchema,
  runEventSchema,
} from '@cronium/contracts';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { ExecutionsService } from './executions.service';

@ApiTags('executions')
@Controller()
export class ExecutionsController {
  constructor(private readonly executions: ExecutionsService) {}

  @Permits('event.run')
  @Post(`${routes.events}/:id/run`)
  @HttpCode(202)
  @Answers(
    'Run an event now. `wait` answers with the end, if it comes in time.',
    202,
    executionSchema,
    [400, 401, 403, 404, 413],
  )
  run(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: runEventQuerySchema }) { wait }: RunEventQuery,
    @Body({ schema: runEventSchema }) request: RunEvent,
  ): Promise<Execution> {
    return this.executions.start(caller, id, request, wait);
  }

  @Permits('execution.read')
  @Get(routes.executions)
  @Answers('Executions that the caller may see, newest first.', 200, executionPageSchema, [400, 401, 403])
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: executionQuerySchema }) query: ExecutionQuery,
  ): Promise<Page<ExecutionSummary>> {
    return this.executions.list(caller, query);
  }

  @Permits('execution.read')
  @Get(`${routes.executions}/:id`)
  @Answers('One execution, with its jobs.', 200, executionSchema, [400, 401, 403, 404])
  get(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<Execution> {
    return this.executions.get(caller, id);
  }

  @Permits('event.run')
  @Post(`${routes.executions}/:id/run-again`)
  @HttpCode(202)
  @Answers(
    'Run an execution again with the same input: the version that ran, or the event as it is now; everywhere, or where it failed.',
    202,
    executionSchema,
    [400, 401, 403, 404, 409, 413],
  )
  runAgain(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: runAgainSchema }) request: RunAgain,
  ): Promise<Execution> {
    return this.executions.runAgain(caller, id, request);
  }

  @Permits('execution.cancel')
  @Post(`${routes.executions}/:id/cancel`)
  @HttpCode(202)
  @Answers(
    'Cancel an execution. The scripts get SIGTERM, and SIGKILL when they go on.',
    202,
    executionSchema,
    [400, 401, 403, 404],
  )
  cancel(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<Execution> {
    return this.executions.cancel(caller, id);
  }
}

import { type IdParams, idParamsSchema, routes, type ServerJobs, serverJobsSchema } from '@cronium/contracts';
import { Controller, Get, Param } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { ServerJobsService } from './server-jobs.service';

@ApiTags('servers')
@Controller(routes.servers)
export class ServerJobsController {
  constructor(private readonly jobs: ServerJobsService) {}

  @Permits('server.read')
  @Get(':id/jobs')
  @Answers(
    'Jobs that run on a server now, or are queued for it: everybody’s for those who may manage it, otherwise the caller’s own.',
    200,
    serverJobsSchema,
    [400, 401, 403, 404],
  )
  list(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<ServerJobs> {
    return this.jobs.list(caller, id);
  }
}

import {
  type IdParams,
  idParamsSchema,
  type Page,
  type PageQuery,
  pageQuerySchema,
  routes,
  type Server,
  serverPageSchema,
  serverSchema,
  type UpdateServer,
  updateServerSchema,
} from '@cronium/contracts';
import { type HealthStatus, healthStatusSchema } from '@cronium/server-types';
import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { ServersService } from './servers.service';

@ApiTags('servers')
@Controller(routes.servers)
export class ServersController {
  constructor(private readonly servers: ServersService) {}

  @Permits('server.read')
  @Get()
  @Answers('Servers that the caller may use.', 200, serverPageSchema, [400, 401, 403])
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: pageQuerySchema }) query: PageQuery,
  ): Promise<Page<Server>> {
    return this.servers.list(caller, query);
  }

  @Permits('server.read')
  @Get(':id')
  @Answers('One server.', 200, serverSchema, [400, 401, 403, 404])
  get(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<Server> {
    return this.servers.get(caller, id);
  }

  @Permits('server.configure')
  @Patch(':id')
  @Answers(
    'Change the configuration of a container server. Administrators only.',
    200,
    serverSchema,
    [400, 401, 403, 404],
  )
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateServerSchema }) change: UpdateServer,
  ): Promise<Server> {
    return this.servers.update(caller, id, change);
  }

  @Permits('server.read')
  @Post(':id/check')
  @HttpCode(200)
  @Answers('Check the health of a server now.', 200, healthStatusSchema, [400, 401, 403, 404])
  check(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<HealthStatus> {
    return this.servers.check(caller, id);
  }
}

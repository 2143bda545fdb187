import {
  type ChangedServerShares,
  changedServerSharesSchema,
  type CreateServer,
  createServerSchema,
  type DeleteServerQuery,
  deleteServerQuerySchema,
  type IdParams,
  idParamsSchema,
  type Page,
  type PutServerShares,
  putServerSharesSchema,
  routes,
  type Server,
  serverPageSchema,
  type ServerQuery,
  serverQuerySchema,
  serverSchema,
  type ServerShares,
  serverSharesSchema,
  type ServerUsageHistory,
  serverUsageHistorySchema,
  type ServerUsageQuery,
  serverUsageQuerySchema,
  type UpdateServer,
  updateServerSchema,
} from '@cronium/contracts';
import {
  type HealthStatus,
  healthStatusSchema,
  type ResourceUsage,
  resourceUsageSchema,
} from '@cronium/server-types';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { ContainerServersService } from './container-servers.service';
import { ServersService } from './servers.service';
import { SharingService } from './sharing.service';
import { SshServersService } from './ssh-servers.service';

@ApiTags('servers')
@Controller(routes.servers)
export class ServersController {
  constructor(
    private readonly servers: ServersService,
    private readonly sharing: SharingService,
    private readonly sshServers: SshServersService,
    private readonly containerServers: ContainerServersService,
  ) {}

  @Permits('server.create')
  @Post()
  @Answers(
    'Add an ssh server, or sandboxes on another machine, which then belongs to the caller. The latter is for administrators.',
    201,
    serverSchema,
    [400, 401, 403, 413],
  )
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createServerSchema }) details: CreateServer,
  ): Promise<Server> {
    return details.type === 'ssh'
      ? this.sshServers.create(caller, details)
      : this.containerServers.create(caller, details);
  }

  @Permits('server.read')
  @Get()
  @Answers(
    'Servers that the caller may use: own, shared, and Local Execution if it is allowed.',
    200,
    serverPageSchema,
    [400, 401, 403],
  )
  list(
    @CurrentUser() caller: Caller,
    @Query({ schema: serverQuerySchema }) query: ServerQuery,
  ): Promise<Page<Server>> {
    return this.servers.list(caller, query);
  }

  @Permits('server.read')
  @Get(':id')
  @Answers('One server.', 200, serverSchema, [400, 401, 403, 404])
  get(@CurrentUser() caller: Caller, @Param({ schema: idParamsSchema }) { id }: IdParams): Promise<Server> {
    return this.servers.get(caller, id);
  }

  @Permits('server.update')
  @Patch(':id')
  @Answers('Change a server that the caller may manage.', 200, serverSchema, [400, 401, 403, 404, 413])
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateServerSchema }) change: UpdateServer,
  ): Promise<Server> {
    const { ssh, broker, ...others } = change;
    if (ssh) return this.sshServers.update(caller, id, { ...change, ssh });
    if (broker) return this.containerServers.update(caller, id, { ...others, broker });
    return this.servers.update(caller, id, others);
  }

  @Permits('server.update')
  @Delete(':id')
  @HttpCode(204)
  @Answers('Delete a server; its history stays.', 204, undefined, [400, 401, 403, 404, 409])
  delete(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: deleteServerQuerySchema }) { confirm }: DeleteServerQuery,
  ): Promise<void> {
    return this.containerServers.delete(caller, id, confirm);
  }

  @Permits('server.check')
  @Post(':id/check')
  @HttpCode(200)
  @Answers('Check the health of a server now.', 200, healthStatusSchema, [400, 401, 403, 404])
  check(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<HealthStatus> {
    return this.servers.check(caller, id);
  }

  @Permits('server.read')
  @Get(':id/usage')
  @Answers('What a server uses now.', 200, resourceUsageSchema, [400, 401, 403, 404, 503])
  usage(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<ResourceUsage> {
    return this.servers.usage(caller, id);
  }

  @Permits('server.read')
  @Get(':id/usage/history')
  @Answers(
    'What all that runs on a server’s machine used, asked once a minute while it is well and kept for 30 days.',
    200,
    serverUsageHistorySchema,
    [400, 401, 403, 404],
  )
  usageHistory(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Query({ schema: serverUsageQuerySchema }) query: ServerUsageQuery,
  ): Promise<ServerUsageHistory> {
    return this.servers.usageHistory(caller, id, query);
  }

  @Permits('server.read')
  @Get(':id/shares')
  @Answers(
    'Who a server is shared with. For those who may manage it.',
    200,
    serverSharesSchema,
    [400, 401, 403, 404],
  )
  shares(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
  ): Promise<ServerShares> {
    return this.sharing.list(caller, id);
  }

  @Permits('server.update')
  @Put(':id/shares')
  @Answers(
    'Share a server: the whole list. The answer names events that lost it.',
    200,
    changedServerSharesSchema,
    [400, 401, 403, 404, 413],
  )
  share(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: putServerSharesSchema }) shares: PutServerShares,
  ): Promise<ChangedServerShares> {
    return this.sharing.replace(caller, id, shares);
  }
}

import {
  approveHostKeySchema,
  type ConnectionTest,
  connectionTestSchema,
  type GeneratedKey,
  generatedKeySchema,
  type HostKeyRequest,
  hostKeyRequestSchema,
  type IdParams,
  idParamsSchema,
  routes,
  type Server,
  serverSchema,
  type TestServer,
  testServerSchema,
  type UpdateSsh,
  updateSshSchema,
} from '@cronium/contracts';
import { type HostKey, hostKeySchema } from '@cronium/server-types';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { HostKeysService } from './host-keys.service';
import { SshServersService } from './ssh-servers.service';

@ApiTags('servers')
@Controller(routes.servers)
export class SshServersController {
  constructor(
    private readonly servers: SshServersService,
    private readonly hostKeys: HostKeysService,
  ) {}

  @Permits('server.create')
  @Post('keys')
  @Answers('Make a key pair, for the credentials of a server.', 201, generatedKeySchema, [401, 403])
  generateKey(@CurrentUser() caller: Caller): Promise<GeneratedKey> {
    return this.servers.generateKey(caller);
  }

  @Permits('server.create')
  @Post('host-key')
  @HttpCode(200)
  @Answers('Ask a host for its key, for a person to approve.', 200, hostKeySchema, [400, 401, 403, 413])
  hostKey(
    @CurrentUser() caller: Caller,
    @Body({ schema: hostKeyRequestSchema }) request: HostKeyRequest,
  ): Promise<HostKey> {
    return this.hostKeys.fetch(caller, request);
  }

  @Permits('server.create')
  @Post('test')
  @HttpCode(200)
  @Answers(
    'Try a connection that is not saved, step by step.',
    200,
    connectionTestSchema,
    [400, 401, 403, 413],
  )
  test(
    @CurrentUser() caller: Caller,
    @Body({ schema: testServerSchema }) request: TestServer,
  ): Promise<ConnectionTest> {
    return this.servers.test(caller, request);
  }

  @Permits('server.update')
  @Post(':id/test')
  @HttpCode(200)
  @Answers(
    'Try a saved server with changes that are not saved, step by step.',
    200,
    connectionTestSchema,
    [400, 401, 403, 404, 413],
  )
  testSaved(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateSshSchema }) change: UpdateSsh,
  ): Promise<ConnectionTest> {
    return this.servers.testSaved(caller, id, change);
  }

  @Permits('server.update')
  @Post(':id/host-key')
  @HttpCode(200)
  @Answers(
    'Approve the key of a host, or accept a changed one.',
    200,
    serverSchema,
    [400, 401, 403, 404, 413],
  )
  approve(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: approveHostKeySchema }) hostKey: HostKey,
  ): Promise<Server> {
    return this.hostKeys.approve(caller, id, hostKey);
  }
}

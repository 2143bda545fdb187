import {
  type Account,
  accountPageSchema,
  accountSchema,
  type CreateUser,
  createUserSchema,
  type IdParams,
  idParamsSchema,
  type Page,
  routes,
  type UpdateUser,
  updateUserSchema,
  type UserQuery,
  userQuerySchema,
} from '@cronium/contracts';
import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { CurrentUser, Permits } from '../auth/access.decorators';
import type { Caller } from '../auth/policy';
import { Answers } from '../http/openapi.decorators';
import { UsersService } from './users.service';

@ApiTags('users')
@Controller(routes.users)
export class UsersController {
  constructor(private readonly users: UsersService) {}

  @Permits('user.manage')
  @Get()
  @Answers('Users, the newest first. Administrators only.', 200, accountPageSchema, [400, 401, 403])
  list(@Query({ schema: userQuerySchema }) query: UserQuery): Promise<Page<Account>> {
    return this.users.list(query);
  }

  @Permits('user.manage')
  @Post()
  @Answers('Create a user. Administrators only.', 201, accountSchema, [400, 401, 403, 409, 413])
  create(
    @CurrentUser() caller: Caller,
    @Body({ schema: createUserSchema }) details: CreateUser,
  ): Promise<Account> {
    return this.users.register(caller, details);
  }

  @Permits('user.manage')
  @Get(':id')
  @Answers('One user. Administrators only.', 200, accountSchema, [400, 401, 403, 404])
  get(@Param({ schema: idParamsSchema }) { id }: IdParams): Promise<Account> {
    return this.users.get(id);
  }

  @Permits('user.manage')
  @Patch(':id')
  @Answers(
    'Change a user. The last active administrator stays one. Administrators only.',
    200,
    accountSchema,
    [400, 401, 403, 404, 409, 413],
  )
  update(
    @CurrentUser() caller: Caller,
    @Param({ schema: idParamsSchema }) { id }: IdParams,
    @Body({ schema: updateUserSchema }) change: UpdateUser,
  ): Promise<Account> {
    return this.users.update(caller, id, change);
  }
}

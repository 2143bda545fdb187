import {
  type ChangePassword,
  changePasswordSchema,
  type LoginRequest,
  loginRequestSchema,
  routes,
  type Session,
  sessionSchema,
  type UpdateMe,
  updateMeSchema,
  type User,
  userSchema,
} from '@cronium/contracts';
import { Body, Controller, Get, HttpCode, Patch, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { ThrottlerGuard } from '@nestjs/throttler';
import type { CookieOptions, Request, Response } from 'express';

import { DomainError } from '../http/domain-error';
import { Answers } from '../http/openapi.decorators';
import { UsersService } from '../users/users.service';
import { CurrentUser, Permits, Public } from './access.decorators';
import { AuthService, sessionSeconds } from './auth.service';
import type { Caller } from './policy';

const refreshCookie = 'cronium_refresh';

@ApiTags('auth')
@Controller()
export class AuthController {
  constructor(
    private readonly auth: AuthService,
    private readonly users: UsersService,
  ) {}

  @Public()
  @UseGuards(ThrottlerGuard)
  @Post(routes.auth.login)
  @HttpCode(200)
  @Answers(
    'Sign in. The refresh token is set as an httpOnly cookie.',
    200,
    sessionSchema,
    [400, 401, 413, 429],
  )
  async login(
    @Body({ schema: loginRequestSchema }) body: LoginRequest,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Session> {
    const { session, refreshToken } = await this.auth.signIn(body.email, body.password, request.ip ?? '');
    response.cookie(refreshCookie, refreshToken, {
      ...cookieOptions(request),
      maxAge: sessionSeconds * 1000,
    });
    return session;
  }

  @Public()
  @Post(routes.auth.refresh)
  @HttpCode(200)
  @Answers('A new access token, by the refresh cookie.', 200, sessionSchema, [401])
  refresh(@Req() request: Request): Promise<Session> {
    return this.auth.refresh(refreshTokenOf(request));
  }

  @Public()
  @Post(routes.auth.logout)
  @HttpCode(204)
  @Answers('End the session of the refresh cookie.', 204, undefined, [])
  async logout(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    await this.auth.signOut(refreshTokenOf(request));
    response.clearCookie(refreshCookie, cookieOptions(request));
  }

  @Permits('account.read')
  @Get(routes.auth.me)
  @Answers('The signed-in user.', 200, userSchema, [401, 403])
  async me(@CurrentUser() caller: Caller): Promise<User> {
    const user = await this.users.findActive(caller.id);
    if (!user) throw new DomainError('unauthenticated', 'token_invalid', 'This account is no longer active.');
    return user;
  }

  @Permits('account.update')
  @Patch(routes.auth.me)
  @Answers('Change one’s own name.', 200, userSchema, [400, 401, 403, 413])
  updateMe(@CurrentUser() caller: Caller, @Body({ schema: updateMeSchema }) change: UpdateMe): Promise<User> {
    return this.users.updateMe(caller, change);
  }

  @Permits('account.update')
  @UseGuards(ThrottlerGuard)
  @Post(routes.auth.password)
  @HttpCode(204)
  @Answers('Change one’s own password; every other session ends.', 204, undefined, [400, 401, 403, 413, 429])
  async changePassword(
    @CurrentUser() caller: Caller,
    @Body({ schema: changePasswordSchema }) { currentPassword, newPassword }: ChangePassword,
    @Req() request: Request,
  ): Promise<void> {
    await this.users.changePassword(caller, currentPassword, newPassword);
    await this.auth.endOtherSessions(caller.id, refreshTokenOf(request));
  }
}

function refreshTokenOf(request: Request): string | undefined {
  const cookies = request.cookies as Record<string, string | undefined>;
  return cookies[refreshCookie];
}

/** Strict: no other site can make a browser send it, so refresh needs no further token against forgery. */
function cookieOptions(request: Request): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', secure: request.secure, path: '/api/auth' };
}

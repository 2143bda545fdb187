import {
  applyDecorators,
  createParamDecorator,
  type ExecutionContext,
  SetMetadata,
  UnauthorizedException,
} from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { Request } from 'express';

import type { Caller, Permission } from './policy';

export const publicRoute = 'cronium:public';
export const routePermission = 'cronium:permission';

/** The exception to "sign in first". */
export const Public = () => SetMetadata(publicRoute, true);

/** Names the permission a route needs. A route without one, and not public, refuses everybody. */
export const Permits = (permission: Permission) =>
  applyDecorators(SetMetadata(routePermission, permission), ApiBearerAuth());

/** A request after the guard. */
export interface AuthenticatedRequest extends Request {
  caller?: Caller;
}

/** The signed-in user. */
export const CurrentUser = createParamDecorator((_: unknown, context: ExecutionContext): Caller => {
  const { caller } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  if (!caller) throw new UnauthorizedException('Sign in first.');
  return caller;
});

import { createHash, timingSafeEqual } from 'node:crypto';

import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';

import { Config } from '../config/config';
import { DomainError } from '../http/domain-error';
import { type AuthenticatedRequest, publicRoute, routePermission } from './access.decorators';
import { AccessTokenService } from './access-token.service';
import { type Permission, roleMay } from './policy';

/** Global and default deny: a route is public, or names a permission that the caller's role has. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly tokens: AccessTokenService,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    // Sockets are authorised by the gateway, at the handshake and at each subscription.
    if (context.getType() !== 'http') return true;
    const targets = [context.getHandler(), context.getClass()];
    if (this.reflector.getAllAndOverride<boolean | undefined>(publicRoute, targets)) return true;

    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token)
      throw new DomainError(
        'unauthenticated',
        'token_missing',
        'Send an access token: Authorization: Bearer …',
      );
    const permission = this.reflector.getAllAndOverride<Permission | undefined>(routePermission, targets);
    if (permission === 'metrics.read' && this.isScraper(token)) return true;
    const caller = await this.tokens.resolve(token);
    if (!caller) {
      throw new DomainError(
        'unauthenticated',
        'token_invalid',
        'The access token is not valid or has expired. Sign in again.',
      );
    }
    if (!permission || !roleMay(caller.role, permission)) {
      throw new DomainError('forbidden', 'forbidden', `Your role ${caller.role} may not do this.`);
    }
    request.caller = caller;
    return true;
  }

  /** A scraper cannot sign in: it has a token of its own, which is for metrics alone. */
  private isScraper(token: string): boolean {
    const { metricsToken } = this.config;
    return metricsToken !== undefined && timingSafeEqual(digest(token), digest(metricsToken));
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import * as z from 'zod';

import { UsersService } from '../users/users.service';
import type { Caller } from './policy';

export const accessTokenSeconds = 15 * 60;

const payloadSchema = z.object({ sub: z.uuid(), exp: z.int(), sid: z.uuid().optional() });

/** Who a token stands for, and until when. */
export interface Authenticated {
  readonly caller: Caller;
  readonly expiresAt: Date;
  /** The sign-in that the token came from; null for a token of none. */
  readonly sessionId: string | null;
}

/** Access tokens: short-lived JWTs (HS256) whose key (auth.module.ts) derives from the installation's. */
@Injectable()
export class AccessTokenService {
  constructor(
    private readonly jwt: JwtService,
    private readonly users: UsersService,
  ) {}

  issue(userId: string, lifeSeconds = accessTokenSeconds, sessionId?: string): Promise<string> {
    return this.jwt.signAsync({ sub: userId, sid: sessionId }, { expiresIn: lifeSeconds });
  }

  /** The caller behind a token, or null when the token is not valid or the user may no longer sign in. */
  async resolve(token: string): Promise<Caller | null> {
    return (await this.authenticate(token))?.caller ?? null;
  }

  /** As `resolve`, for what lasts longer than a request and must end with its token. */
  async authenticate(token: string): Promise<Authenticated | null> {
    const payload = await this.jwt
      .verifyAsync<Record<string, unknown>>(token, { algorithms: ['HS256'] })
      .catch(() => null); // jsonwebtoken rejects with one of three errors, and all mean "not valid"
    const parsed = payloadSchema.safeParse(payload);
    const user = parsed.success ? await this.users.findActive(parsed.data.sub) : null;
    if (!parsed.success || !user) return null;
    const caller = { id: user.id, name: user.name, role: user.role };
    const { exp, sid } = parsed.data;
    return { caller, expiresAt: new Date(exp * 1000), sessionId: sid ?? null };
  }
}

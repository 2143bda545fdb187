import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import * as z from 'zod';

import { SecretsService } from '../secrets/secrets.service';
import { UsersService } from '../users/users.service';
import type { Caller } from './policy';

export const accessTokenSeconds = 15 * 60;

const payloadSchema = z.object({ sub: z.uuid() });

/** Access tokens: short-lived JWTs (HS256) whose key derives from the installation's. */
@Injectable()
export class AccessTokenService {
  private readonly secret: Buffer;

  constructor(
    private readonly jwt: JwtService,
    private readonly users: UsersService,
    secrets: SecretsService,
  ) {
    this.secret = secrets.derive('access-token');
  }

  issue(userId: string): Promise<string> {
    return this.jwt.signAsync({ sub: userId }, { secret: this.secret, expiresIn: accessTokenSeconds });
  }

  /** The caller behind a token, or null when the token is not valid or the user may no longer sign in. */
  async resolve(token: string): Promise<Caller | null> {
    const payload = await this.jwt
      .verifyAsync<Record<string, unknown>>(token, { secret: this.secret, algorithms: ['HS256'] })
      .catch(() => null); // jsonwebtoken rejects with one of three errors, and all mean "not valid"
    const parsed = payloadSchema.safeParse(payload);
    const user = parsed.success ? await this.users.findActive(parsed.data.sub) : null;
    return user && { id: user.id, name: user.name, role: user.role };
  }
}

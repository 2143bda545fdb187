import { createHash, randomBytes } from 'node:crypto';

import type { Session as SessionDto, User } from '@cronium/contracts';
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { LessThan, MoreThan, Repository } from 'typeorm';
import { v7 as uuid } from 'uuid';

import { Notifications } from '../database/notifications';
import { DomainError } from '../http/domain-error';
import { UsersService } from '../users/users.service';
import { FailedSignIns } from './failed-sign-ins';
import { AccessTokenService, accessTokenSeconds } from './access-token.service';
import { Session } from './session.entity';

export const sessionSeconds = 14 * 24 * 3600;

/** A session as it is answered, with the refresh token for the cookie. */
export interface OpenedSession {
  readonly session: SessionDto;
  readonly refreshToken: string;
}

@Injectable()
export class AuthService {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly users: UsersService,
    private readonly tokens: AccessTokenService,
    private readonly notifications: Notifications,
    private readonly failedSignIns: FailedSignIns,
  ) {}

  /** @param address where the request comes from */
  async signIn(email: string, password: string, address: string): Promise<OpenedSession> {
    const user = await this.users.authenticate(email, password);
    if (!user) {
      await this.failedSignIns.note(address);
      throw new DomainError(
        'unauthenticated',
        'wrong_credentials',
        'E-mail or password is wrong. Check both and try again.',
      );
    }
    await this.sessions.delete({ expiresAt: LessThan(new Date()) });
    const refreshToken = randomBytes(32).toString('base64url');
    const id = uuid();
    await this.sessions.insert({
      id,
      userId: user.id,
      tokenHash: hashOf(refreshToken),
      expiresAt: new Date(Date.now() + sessionSeconds * 1000),
    });
    return { session: await this.answer(user, id), refreshToken };
  }

  /** A new access token for a session that is still open. */
  async refresh(refreshToken: string | undefined): Promise<SessionDto> {
    const session =
      refreshToken === undefined
        ? null
        : await this.sessions.findOneBy({ tokenHash: hashOf(refreshToken), expiresAt: MoreThan(new Date()) });
    const user = session && (await this.users.findActive(session.userId));
    if (!session || !user)
      throw new DomainError('unauthenticated', 'session_ended', 'The session has ended. Sign in again.');
    return this.answer(user, session.id);
  }

  async signOut(refreshToken: string | undefined): Promise<void> {
    if (refreshToken === undefined) return;
    await this.sessions.manager.transaction(async (transaction) => {
      const session = await transaction.findOneBy(Session, { tokenHash: hashOf(refreshToken) });
      if (!session) return;
      await transaction.delete(Session, session.id);
      await this.notifications.publish(transaction, { kind: 'access.changed', userId: session.userId });
    });
  }

  /** Signs a user out everywhere but in the session of this refresh token. */
  async endOtherSessions(userId: string, refreshToken: string | undefined): Promise<void> {
    const kept = refreshToken === undefined ? null : hashOf(refreshToken);
    await this.sessions.manager.transaction(async (transaction) => {
      await transaction.query('DELETE FROM sessions WHERE user_id = $1 AND token_hash IS DISTINCT FROM $2', [
        userId,
        kept,
      ]);
      await this.notifications.publish(transaction, { kind: 'access.changed', userId });
    });
  }

  private async answer(user: User, sessionId: string): Promise<SessionDto> {
    return {
      accessToken: await this.tokens.issue(user.id, accessTokenSeconds, sessionId),
      expiresInSeconds: accessTokenSeconds,
      user,
    };
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

import { createSecretKey } from 'node:crypto';

import { Global, Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule } from '@nestjs/jwt';
import { ThrottlerModule } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';

import { SecretsService } from '../secrets/secrets.service';
import { UsersModule } from '../users/users.module';
import { AccessGuard } from './access.guard';
import { AccessTokenService } from './access-token.service';
import { AuthController } from './auth.controller';
import { AuthService } from './auth.service';
import { FailedSignIns } from './failed-sign-ins';
import { Session } from './session.entity';

/** Sign-ins from one address: enough for a person who mistypes and for a team behind one proxy, few for a guesser. */
const signInLimit = { ttl: 60_000, limit: 30 };

@Global()
@Module({
  imports: [
    TypeOrmModule.forFeature([Session]),
    UsersModule,
    JwtModule.registerAsync({
      inject: [SecretsService],
      // A key object, not its bytes: of those jsonwebtoken would first try to make a public key, at every request.
      useFactory: (secrets: SecretsService) => ({
        secret: createSecretKey(secrets.derive('access-token')),
      }),
    }),
    ThrottlerModule.forRoot([signInLimit]),
  ],
  controllers: [AuthController],
  providers: [AuthService, FailedSignIns, AccessTokenService, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [AccessTokenService],
})
export class AuthModule {}

import { mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';

import type { Session, UserRole } from '@cronium/contracts';
import { FakeExecutor, type FakeServer } from '@cronium/execution';
import type { Type } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { PARAMS_PROVIDER_TOKEN } from 'nestjs-pino';
import request from 'supertest';

import { AppModule } from '../src/app.module';
import { loadConfig } from '../src/config/config';
import { configureApp } from '../src/configure-app';
import { openDatabase } from '../src/database/open-database';
import { EXECUTOR_FACTORY, type ExecutorFactory } from '../src/executor/executor-registry';
import { loggerOptions } from '../src/tracing/logger-options';
import { UsersService } from '../src/users/users.service';
import { createTestDatabase, type TestDatabase } from './test-database';

/** What outlives an application: its database and its data folder. Several applications on one are processes of one installation. */
export interface Installation {
  readonly database: TestDatabase;
  readonly dataDir: string;
  remove(): Promise<void>;
}

export interface TestAppOptions {
  /** An installation of the caller's, who removes it; one of its own otherwise. */
  readonly installation?: Installation;
  readonly environment?: NodeJS.ProcessEnv;
  /** Beside the product's own. */
  readonly controllers?: Type[];
  /** Gets the lines of the log instead of the terminal. */
  readonly log?: Writable;
}

type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** The whole application on a database of its own, listening on a free port; only the place where scripts run may be another. */
export interface TestApp {
  readonly app: NestExpressApplication;
  readonly server: Server;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Creates a user and signs in. */
  signIn(role: UserRole, email?: string): Promise<Session>;
  /** A request below `/api` with a session's access token. */
  as(session: Session, method: Method, path: string): request.Test;
  close(): Promise<void>;
}

export const testPassword = 'correct horse battery';

export async function createInstallation(): Promise<Installation> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'cronium-app-'));
  return {
    database,
    dataDir,
    remove: async () => {
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** An executor factory whose servers are one fake server each time, or each its own. */
export function onFake(server?: FakeServer): ExecutorFactory {
  return () => new FakeExecutor(server);
}

export async function startTestApp(
  createExecutor: ExecutorFactory,
  options: TestAppOptions = {},
): Promise<TestApp> {
  const installation = options.installation ?? (await createInstallation());
  const config = loadConfig({
    DATABASE_URL: installation.database.url,
    CRONIUM_DATA_DIR: installation.dataDir,
    CRONIUM_ON_SHUTDOWN: 'end_jobs',
    CRONIUM_LOG_LEVEL: 'fatal',
    CRONIUM_WEB_ROOT: '/nowhere',
    ...options.environment,
  });
  const opened = await openDatabase(config);
  const builder = Test.createTestingModule({
    imports: [AppModule.forRoot(config, opened)],
    controllers: options.controllers ?? [],
  })
    .overrideProvider(EXECUTOR_FACTORY)
    .useValue(createExecutor);
  if (options.log) {
    builder
      .overrideProvider(PARAMS_PROVIDER_TOKEN)
      .useValue({ pinoHttp: [loggerOptions(config), options.log], forRoutes: [] });
  }
  const module = await builder.compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
  configureApp(app);
  await app.listen(0, '127.0.0.1');
  const server = app.getHttpServer();
  const { port } = server.address() as AddressInfo;

  return {
    app,
    server,
    url: `http://127.0.0.1:${port}`,
    signIn: async (role, email = `${role.toLowerCase()}@example.com`) => {
      await app
        .get(UsersService, { strict: false })
        .create({ email, name: `Test ${role}`, role }, testPassword);
      const answer = await request(server)
        .post('/api/auth/login')
        .send({ email, password: testPassword })
        .expect(200);
      return answer.body as Session;
    },
    as: (session, method, path) =>
      request(server)[method](`/api${path}`).set('Authorization', `Bearer ${session.accessToken}`),
    close: async () => {
      await app.close();
      if (!options.installation) await installation.remove();
    },
  };
}

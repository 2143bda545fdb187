import type { AddressInfo } from 'node:net';
import { mkdtempSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Session, UserRole } from '@cronium/contracts';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import request from 'supertest';

import { AppModule } from '../src/app.module';
import { loadConfig } from '../src/config/config';
import { configureApp } from '../src/configure-app';
import { openDatabase } from '../src/database/open-database';
import { EXECUTOR_FACTORY, type ExecutorFactory } from '../src/executor/executor-registry';
import { UsersService } from '../src/users/users.service';
import { createTestDatabase } from './test-database';

/** The whole application on a database of its own, listening on a free port; only the place where scripts run may be another. */
export interface TestApp {
  readonly app: NestExpressApplication;
  readonly server: Server;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Creates a user and signs in. */
  signIn(role: UserRole, email?: string): Promise<Session>;
  close(): Promise<void>;
}

export const testPassword = 'correct horse battery';

export async function startTestApp(createExecutor: ExecutorFactory): Promise<TestApp> {
  const database = await createTestDatabase();
  const config = loadConfig({
    DATABASE_URL: database.url,
    CRONIUM_DATA_DIR: mkdtempSync(join(tmpdir(), 'cronium-app-')),
    CRONIUM_ON_SHUTDOWN: 'end_jobs',
    CRONIUM_LOG_LEVEL: 'fatal',
    CRONIUM_WEB_ROOT: '/nowhere',
  });
  const opened = await openDatabase(config);
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config, opened)] })
    .overrideProvider(EXECUTOR_FACTORY)
    .useValue(createExecutor)
    .compile();
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
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}

import 'reflect-metadata';

import { FakeExecutor, FakeServer } from '@cronium/execution';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';

import { AppModule } from '../src/app.module';
import { loadConfig } from '../src/config/config';
import { configureApp } from '../src/configure-app';
import { openDatabase } from '../src/database/open-database';
import { EXECUTOR_FACTORY } from '../src/executor/executor-registry';
import { UsersService } from '../src/users/users.service';

/** The whole product, but that scripts run on a fake: for measuring what it does beside running them. Never part of what is shipped. */
async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const database = await openDatabase(config);
  const server = new FakeServer();
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config, database)] })
    .overrideProvider(EXECUTOR_FACTORY)
    .useValue(() => new FakeExecutor(server))
    .compile();
  const app = module.createNestApplication<NestExpressApplication>({ bodyParser: false });
  configureApp(app);
  process.once('SIGTERM', () => {
    void app
      .close()
      .then(() => database.close())
      .then(() => process.exit(0));
  });
  await app
    .get(UsersService, { strict: false })
    .createFirstAdministrator(config.admin.email, config.admin.password);
  await app.listen(config.port, config.host);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});

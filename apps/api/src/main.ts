import 'reflect-metadata';

import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';

import { AppModule } from './app.module';
import { loadConfig } from './config/config';
import { configureApp } from './configure-app';
import { openDatabase } from './database/open-database';
import { UsersService } from './users/users.service';

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const database = await openDatabase(config);
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config, database), {
    bufferLogs: true,
    bodyParser: false,
    abortOnError: false,
  });
  configureApp(app);
  endWith(app, () => database.close());

  const administrator = await app
    .get(UsersService)
    .createFirstAdministrator(config.admin.email, config.admin.password);
  await app.listen(config.port, config.host);
  if (administrator) announce(administrator.email, administrator.generatedPassword);
}

/** What is not over by then is left as a killed process leaves it, in milliseconds: a successor finds it. */
const longestShutdown = 60_000;

/** The database goes last: Nest's shutdown hooks still write to it. */
function endWith(app: NestExpressApplication, closeDatabase: () => Promise<void>): void {
  let ending: Promise<void> | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      setTimeout(() => {
        console.error('Cronium did not stop in time.');
        process.exit(1);
      }, longestShutdown).unref();
      ending ??= app
        .close()
        .then(closeDatabase)
        .then(
          () => process.exit(0),
          (error: unknown) => {
            console.error('Cronium did not stop cleanly:', error);
            process.exit(1);
          },
        );
    });
  }
}

/** Printed, not logged: it is for the person at the terminal, once. */
function announce(email: string, generatedPassword: string | undefined): void {
  console.log(`\n  The administrator was created. Sign in with\n    E-mail:   ${email}`);
  console.log(
    generatedPassword
      ? `    Password: ${generatedPassword}  (shown only now)\n`
      : '    Password: as in CRONIUM_ADMIN_PASSWORD\n',
  );
}

main().catch((error: unknown) => {
  console.error('Cronium could not start.', error instanceof Error ? error.message : error);
  if (error instanceof Error && error.cause) console.error(error.cause);
  process.exit(1);
});

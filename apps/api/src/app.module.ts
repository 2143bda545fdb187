import { randomUUID } from 'node:crypto';

import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { LoggerModule } from 'nestjs-pino';

import { AuthModule } from './auth/auth.module';
import { Config } from './config/config';
import { ConfigModule } from './config/config.module';
import { DatabaseModule } from './database/database.module';
import type { OpenDatabase } from './database/open-database';
import { EventsModule } from './events/events.module';
import { ExecutionsModule } from './executions/executions.module';
import { ExecutorsModule } from './executor/executors.module';
import { WorkerModule } from './executor/worker.module';
import { MonitoringModule } from './monitoring/monitoring.module';
import { RealtimeModule } from './realtime/realtime.module';
import { SecretsModule } from './secrets/secrets.module';
import { ServersModule } from './servers/servers.module';

/** The application, with the modules of the roles that this process has. */
@Module({})
export class AppModule {
  static forRoot(config: Config, database: OpenDatabase): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({ pinoHttp: loggerOptions(config) }),
        ScheduleModule.forRoot(),
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(database.dataSource, database.url),
        SecretsModule,
        ExecutorsModule,
        AuthModule,
        ServersModule,
        EventsModule,
        ExecutionsModule,
        MonitoringModule,
        ...(config.roles.has('api') ? [RealtimeModule] : []),
        ...(config.roles.has('worker') ? [WorkerModule] : []),
      ],
    };
  }
}

function loggerOptions({ log }: Config) {
  return {
    level: log.level,
    genReqId: () => randomUUID(),
    redact: ['req.headers.authorization', 'req.headers.cookie', 'res.headers["set-cookie"]'],
    // A line a request tells an operator little and costs a tenth of the request.
    autoLogging: log.level === 'debug' || log.level === 'trace',
    ...(log.pretty
      ? { transport: { target: 'pino-pretty', options: { singleLine: true, ignore: 'pid,hostname,req' } } }
      : {}),
  };
}

import { randomUUID } from 'node:crypto';

import { type DynamicModule, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { LoggerModule } from 'nestjs-pino';

import { AlertWorkModule } from './alerts/alert-work.module';
import { AuditModule } from './audit/audit.module';
import { AuthModule } from './auth/auth.module';
import { CalendarsModule } from './calendars/calendars.module';
import { Config } from './config/config';
import { ConfigModule } from './config/config.module';
import { DashboardModule } from './dashboard/dashboard.module';
import { DatabaseModule } from './database/database.module';
import type { OpenDatabase } from './database/open-database';
import { EventsModule } from './events/events.module';
import { ExecutionsModule } from './executions/executions.module';
import { ExecutorsModule } from './executor/executors.module';
import { WorkerModule } from './executor/worker.module';
import { LogSearchModule } from './log-search/log-search.module';
import { MetricsModule } from './monitoring/metrics.module';
import { MonitoringModule } from './monitoring/monitoring.module';
import { RealtimeModule } from './realtime/realtime.module';
import { SchedulerModule } from './scheduler/scheduler.module';
import { SchedulesModule } from './scheduler/schedules.module';
import { SecretsModule } from './secrets/secrets.module';
import { ServersModule } from './servers/servers.module';
import { SettingsAdministrationModule } from './settings/settings-administration.module';
import { TerminalModule } from './terminal/terminal.module';

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
        DatabaseModule.forRoot(database),
        SecretsModule,
        AuditModule,
        ExecutorsModule,
        AuthModule,
        ServersModule,
        SettingsAdministrationModule,
        EventsModule,
        ExecutionsModule,
        SchedulesModule,
        CalendarsModule,
        DashboardModule,
        LogSearchModule,
        MonitoringModule,
        MetricsModule,
        ...(config.roles.has('api') ? [RealtimeModule, TerminalModule] : []),
        ...(config.roles.has('scheduler') ? [SchedulerModule, AlertWorkModule] : []),
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

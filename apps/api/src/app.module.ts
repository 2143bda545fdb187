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
import { loggerOptions } from './tracing/logger-options';
import { TracingModule } from './tracing/tracing.module';

/** The application, with the modules of the roles that this process has. */
@Module({})
export class AppModule {
  static forRoot(config: Config, database: OpenDatabase): DynamicModule {
    return {
      module: AppModule,
      imports: [
        // No middleware of its own: each line has its ids from `logFields`, also where no request is.
        LoggerModule.forRoot({ pinoHttp: loggerOptions(config), forRoutes: [] }),
        ScheduleModule.forRoot(),
        ConfigModule.forRoot(config),
        TracingModule,
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

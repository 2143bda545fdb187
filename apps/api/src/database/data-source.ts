import { DataSource } from 'typeorm';

import { Calendar } from '../calendars/calendar.entity';
import { EventCalendar } from '../events/event-calendar.entity';
import { EventServer } from '../events/event-server.entity';
import { EventVersion } from '../events/event-version.entity';
import { Event } from '../events/event.entity';
import { Execution } from '../executions/execution.entity';
import { Job } from '../executions/job.entity';
import { Server } from '../servers/server.entity';
import { ServerShare } from '../servers/server-share.entity';
import { Setting } from '../settings/setting.entity';
import { Session } from '../auth/session.entity';
import { User } from '../users/user.entity';
import { PreparedClient } from './prepared-client';
import { Foundation1700000000000 } from './migrations/1700000000000-foundation';
import { ServersAndAccess1700000100000 } from './migrations/1700000100000-servers-and-access';
import { JobUsage1700001300000 } from './migrations/1700001300000-job-usage';
import { ProcessReports1700001310000 } from './migrations/1700001310000-process-reports';
import { WaitingJobs1700000300000 } from './migrations/1700000300000-waiting-jobs';
import { Admission1700000500000 } from './migrations/1700000500000-admission';
import { Retries1700000800000 } from './migrations/1700000800000-retries';
import { Recovery1700000900000 } from './migrations/1700000900000-recovery';
import { ExecutionList1700001000000 } from './migrations/1700001000000-execution-list';
import { ExecutionServers1700001100000 } from './migrations/1700001100000-execution-servers';
import { Vacuum1700001200000 } from './migrations/1700001200000-vacuum';
import { ExecutionRollup1700001400000 } from './migrations/1700001400000-execution-rollup';
import { Schedules1700000400000 } from './migrations/1700000400000-schedules';
import { Calendars1700000600000 } from './migrations/1700000600000-calendars';
import { EventHistory1700000700000 } from './migrations/1700000700000-event-history';
import { Backups1700001500000 } from './migrations/1700001500000-backups';
import { LogSearch1700001600000 } from './migrations/1700001600000-log-search';
import { Alerts1700001700000 } from './migrations/1700001700000-alerts';
import { Enforcement1700001800000 } from './migrations/1700001800000-enforcement';
import { ServerUsage1700001900000 } from './migrations/1700001900000-server-usage';
import { TraceContext1700002000000 } from './migrations/1700002000000-trace-context';
import { AlertMailGroups1700002110000 } from './migrations/1700002110000-alert-mail-groups';
import { Leftovers1700002120000 } from './migrations/1700002120000-leftovers';
import { ServerPools1700002200000 } from './migrations/1700002200000-server-pools';
import { ServerBrokers1700002300000 } from './migrations/1700002300000-server-brokers';
import { ServerSamples1700002100000 } from './migrations/1700002100000-server-samples';

/** Entities and migrations are named one by one, so that the bundle has them and nothing is found by file name. */
const entities = [
  User,
  Session,
  Server,
  ServerShare,
  Event,
  EventServer,
  EventCalendar,
  EventVersion,
  Execution,
  Job,
  Setting,
  Calendar,
];
export const migrations = [
  Foundation1700000000000,
  ServersAndAccess1700000100000,
  WaitingJobs1700000300000,
  Schedules1700000400000,
  Admission1700000500000,
  Calendars1700000600000,
  EventHistory1700000700000,
  Retries1700000800000,
  Recovery1700000900000,
  ExecutionList1700001000000,
  ExecutionServers1700001100000,
  Vacuum1700001200000,
  JobUsage1700001300000,
  ProcessReports1700001310000,
  ExecutionRollup1700001400000,
  Backups1700001500000,
  LogSearch1700001600000,
  Alerts1700001700000,
  Enforcement1700001800000,
  ServerUsage1700001900000,
  TraceContext1700002000000,
  ServerSamples1700002100000,
  AlertMailGroups1700002110000,
  Leftovers1700002120000,
  ServerPools1700002200000,
  ServerBrokers1700002300000,
];

/** The connection to Postgres; `synchronize` is off for good, the schema is what the migrations say. */
export function createDataSource(url: string): DataSource {
  return new DataSource({
    type: 'postgres',
    url,
    entities,
    migrations,
    migrationsTransactionMode: 'each',
    synchronize: false,
    // Sized for 64 running jobs beside the requests; pg-boss has a pool of its own.
    poolSize: 20,
    // A host that drops packets: without a bound a request would wait for minutes.
    connectTimeoutMS: 5000,
    extra: { keepAlive: true, Client: PreparedClient },
    applicationName: 'cronium',
  });
}

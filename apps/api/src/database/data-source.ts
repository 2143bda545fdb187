import { DataSource } from 'typeorm';

import { EventServer } from '../events/event-server.entity';
import { EventVersion } from '../events/event-version.entity';
import { Event } from '../events/event.entity';
import { Execution } from '../executions/execution.entity';
import { Job } from '../executions/job.entity';
import { Server } from '../servers/server.entity';
import { Setting } from '../settings/setting.entity';
import { Session } from '../auth/session.entity';
import { User } from '../users/user.entity';
import { Foundation1700000000000 } from './migrations/1700000000000-foundation';

/** Entities and migrations are named one by one, so that the bundle has them and nothing is found by file name. */
const entities = [User, Session, Server, Event, EventServer, EventVersion, Execution, Job, Setting];
const migrations = [Foundation1700000000000];

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
    applicationName: 'cronium',
  });
}

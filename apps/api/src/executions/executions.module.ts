import { Module } from '@nestjs/common';

import { EventsModule } from '../events/events.module';
import { ServersModule } from '../servers/servers.module';
import { ExecutionsController } from './executions.controller';
import { ExecutionsRepository } from './executions.repository';
import { ExecutionsService } from './executions.service';
import { JobLogStore } from './job-log-store';
import { JobLogsService } from './job-logs.service';
import { JobQueue } from './job-queue';
import { JobStore } from './job-store';
import { JobsController } from './jobs.controller';
import { ExecutionViews } from './execution-views';

@Module({
  imports: [EventsModule, ServersModule],
  controllers: [ExecutionsController, JobsController],
  providers: [
    ExecutionsService,
    ExecutionsRepository,
    ExecutionViews,
    JobLogsService,
    JobLogStore,
    JobStore,
    JobQueue,
  ],
  exports: [ExecutionsService, ExecutionViews, JobLogsService, JobLogStore, JobStore, JobQueue],
})
export class ExecutionsModule {}

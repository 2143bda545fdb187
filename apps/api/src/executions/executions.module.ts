import { Module } from '@nestjs/common';

import { AlertsModule } from '../alerts/alerts.module';
import { EnforcementModule } from '../enforcement/enforcement.module';
import { EventsModule } from '../events/events.module';
import { ServersModule } from '../servers/servers.module';
import { SettingsModule } from '../settings/settings.module';
import { Admission } from './admission/admission';
import { AdmissionRepository } from './admission/admission.repository';
import { TurnsRepository } from './admission/turns.repository';
import { ExecutionsController } from './executions.controller';
import { ExecutionStarter } from './execution-starter';
import { ExecutionsRepository } from './executions.repository';
import { ExecutionsService } from './executions.service';
import { JobLogStore } from './job-log-store';
import { JobLogsService } from './job-logs.service';
import { JobAccess } from './job-access';
import { JobUsageService } from './job-usage.service';
import { JobUsageStore } from './job-usage-store';
import { JobQueue } from './job-queue';
import { JobEnds } from './job-ends';
import { LimitsAdvice } from './limits-advice';
import { LimitsAdviceController } from './limits-advice.controller';
import { JobStore } from './job-store';
import { DataFolder } from './data-folder';
import { ExecutionRows } from './execution-rows';
import { IdempotencyKeys } from './idempotency-keys';
import { Joining } from './joining';
import { Overlap } from './overlap';
import { ServerQueues } from './server-queues';
import { QueueController } from './queue.controller';
import { QueueService } from './queue.service';
import { Retention } from './retention';
import { ServerJobsController } from './server-jobs.controller';
import { ServerJobsService } from './server-jobs.service';
import { TargetResolver } from './target-resolver';
import { JobsController } from './jobs.controller';
import { ExecutionViews } from './execution-views';

@Module({
  imports: [AlertsModule, EnforcementModule, EventsModule, ServersModule, SettingsModule],
  controllers: [
    ExecutionsController,
    JobsController,
    LimitsAdviceController,
    ServerJobsController,
    QueueController,
  ],
  providers: [
    ExecutionsService,
    ExecutionStarter,
    ExecutionRows,
    IdempotencyKeys,
    Admission,
    AdmissionRepository,
    TurnsRepository,
    QueueService,
    DataFolder,
    Joining,
    Overlap,
    ServerQueues,
    TargetResolver,
    Retention,
    ExecutionsRepository,
    ExecutionViews,
    JobAccess,
    JobLogsService,
    JobLogStore,
    JobUsageService,
    LimitsAdvice,
    JobUsageStore,
    JobEnds,
    JobStore,
    JobQueue,
    ServerJobsService,
  ],
  exports: [
    Admission,
    DataFolder,
    ExecutionsService,
    ExecutionStarter,
    IdempotencyKeys,
    TargetResolver,
    ExecutionViews,
    JobLogsService,
    JobLogStore,
    JobUsageStore,
    JobEnds,
    JobStore,
    JobQueue,
  ],
})
export class ExecutionsModule {}

import { Module } from '@nestjs/common';

import { EnforcementModule } from '../enforcement/enforcement.module';
import { ExecutionsModule } from '../executions/executions.module';
import { LiveReporter } from '../monitoring/live-reporter';
import { MonitoringModule } from '../monitoring/monitoring.module';
import { ServersModule } from '../servers/servers.module';
import { AdmissionLoop } from './admission-loop';
import { DispatchLoop } from './dispatch-loop';
import { JobMetrics } from './job-metrics';
import { JobRunner } from './job-runner';
import { Reconciler } from './reconciler';
import { JobWaits } from './job-waits';
import { UsageRecorder } from './usage-recorder';

/** The role `worker`: takes jobs from the queue and runs them. */
@Module({
  imports: [EnforcementModule, ExecutionsModule, MonitoringModule, ServersModule],
  providers: [
    AdmissionLoop,
    DispatchLoop,
    JobMetrics,
    JobRunner,
    JobWaits,
    LiveReporter,
    Reconciler,
    UsageRecorder,
  ],
})
export class WorkerModule {}

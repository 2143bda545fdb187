import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { ServersModule } from '../servers/servers.module';
import { AdmissionLoop } from './admission-loop';
import { DispatchLoop } from './dispatch-loop';
import { JobRunner } from './job-runner';
import { Reconciler } from './reconciler';
import { JobWaits } from './job-waits';
import { UsageRecorder } from './usage-recorder';

/** The role `worker`: takes jobs from the queue and runs them. */
@Module({
  imports: [ExecutionsModule, ServersModule],
  providers: [AdmissionLoop, DispatchLoop, JobRunner, JobWaits, Reconciler, UsageRecorder],
})
export class WorkerModule {}

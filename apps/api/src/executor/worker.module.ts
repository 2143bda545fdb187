import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { DispatchLoop } from './dispatch-loop';
import { JobRunner } from './job-runner';

/** The role `worker`: takes jobs from the queue and runs them. */
@Module({
  imports: [ExecutionsModule],
  providers: [DispatchLoop, JobRunner],
})
export class WorkerModule {}

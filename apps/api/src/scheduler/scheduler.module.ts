import { Module } from '@nestjs/common';

import { AlertsModule } from '../alerts/alerts.module';
import { EventsModule } from '../events/events.module';
import { ExecutionsModule } from '../executions/executions.module';
import { ScheduledRuns } from './scheduled-runs';
import { SchedulerLoop } from './scheduler-loop';

/** The role `scheduler`: starts events when their schedule says so. */
@Module({
  imports: [AlertsModule, EventsModule, ExecutionsModule],
  providers: [SchedulerLoop, ScheduledRuns],
})
export class SchedulerModule {}

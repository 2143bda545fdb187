import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { MonitoringModule } from '../monitoring/monitoring.module';
import { HealthFeed } from './health-feed';
import { RealtimeGateway } from './realtime.gateway';

@Module({
  imports: [ExecutionsModule, MonitoringModule],
  providers: [RealtimeGateway, HealthFeed],
})
export class RealtimeModule {}

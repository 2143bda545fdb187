import { Module } from '@nestjs/common';

import { AlertsModule } from '../alerts/alerts.module';
import { ExecutionsModule } from '../executions/executions.module';
import { MonitoringModule } from '../monitoring/monitoring.module';
import { HealthFeed } from './health-feed';
import { RealtimeGateway } from './realtime.gateway';

@Module({
  imports: [AlertsModule, ExecutionsModule, MonitoringModule],
  providers: [RealtimeGateway, HealthFeed],
})
export class RealtimeModule {}

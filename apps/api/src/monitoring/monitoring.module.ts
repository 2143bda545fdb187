import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { ServersModule } from '../servers/servers.module';
import { HealthController } from './health.controller';
import { ExecutionMonitor } from './execution-monitor';
import { HealthService } from './health.service';
import { MonitoringController } from './monitoring.controller';
import { ProcessReports } from './process-reports';
import { SuccessMetrics } from './success-metrics';

@Module({
  imports: [ExecutionsModule, ServersModule],
  controllers: [HealthController, MonitoringController],
  providers: [HealthService, ExecutionMonitor, ProcessReports, SuccessMetrics],
  exports: [ExecutionMonitor, ProcessReports],
})
export class MonitoringModule {}

import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { ServersModule } from '../servers/servers.module';
import { HealthController } from './health.controller';
import { HealthService } from './health.service';

@Module({
  imports: [ExecutionsModule, ServersModule],
  controllers: [HealthController],
  providers: [HealthService],
})
export class MonitoringModule {}

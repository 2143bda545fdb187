import { Module } from '@nestjs/common';

import { ExecutionsModule } from '../executions/executions.module';
import { RealtimeGateway } from './realtime.gateway';

@Module({
  imports: [ExecutionsModule],
  providers: [RealtimeGateway],
})
export class RealtimeModule {}

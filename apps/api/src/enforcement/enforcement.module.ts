import { Module } from '@nestjs/common';

import { ContainerMonitor } from './container-monitor';
import { EnforcementActions } from './enforcement-actions';
import { EnforcementController } from './enforcement.controller';

/** Limits: of jobs, and of the machines that they run on. */
@Module({
  controllers: [EnforcementController],
  providers: [ContainerMonitor, EnforcementActions],
  exports: [ContainerMonitor, EnforcementActions],
})
export class EnforcementModule {}

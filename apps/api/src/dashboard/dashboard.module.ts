import { Module } from '@nestjs/common';

import { DashboardController } from './dashboard.controller';
import { DashboardService } from './dashboard.service';
import { FailureGroups } from './failure-groups';
import { Present } from './present';
import { RolledUpFigures } from './rolled-up-figures';
import { RollUp } from './roll-up';

@Module({
  controllers: [DashboardController],
  providers: [DashboardService, FailureGroups, Present, RolledUpFigures, RollUp],
})
export class DashboardModule {}

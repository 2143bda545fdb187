import { Module } from '@nestjs/common';

import { AlertsController } from './alerts.controller';
import { AlertsService } from './alerts.service';
import { DidNotRunAlerts } from './did-not-run-alerts';

@Module({
  controllers: [AlertsController],
  providers: [AlertsService, DidNotRunAlerts],
  exports: [AlertsService, DidNotRunAlerts],
})
export class AlertsModule {}

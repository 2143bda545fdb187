import { Module } from '@nestjs/common';

import { UsersModule } from '../users/users.module';
import { AlertRecords } from './alert-records';
import { AlertsController } from './alerts.controller';
import { AlertsService } from './alerts.service';
import { ChannelFactory } from './channels/channel-factory';
import { AlertChannelsController } from './channels/channels.controller';
import { ChannelsService } from './channels/channels.service';
import { AlertDeliveriesController } from './deliveries/deliveries.controller';
import { DeliveriesService } from './deliveries/deliveries.service';
import { Outbox } from './deliveries/outbox';
import { DidNotRunAlerts } from './did-not-run-alerts';
import { AlertRulesController } from './rules/rules.controller';
import { RulesService } from './rules/rules.service';
import { ActiveSilences } from './silences/active-silences';
import { AlertSilencesController } from './silences/silences.controller';
import { SilencesService } from './silences/silences.service';

@Module({
  imports: [UsersModule],
  controllers: [
    AlertsController,
    AlertRulesController,
    AlertSilencesController,
    AlertChannelsController,
    AlertDeliveriesController,
  ],
  providers: [
    AlertsService,
    AlertRecords,
    DidNotRunAlerts,
    Outbox,
    ActiveSilences,
    SilencesService,
    RulesService,
    ChannelsService,
    ChannelFactory,
    DeliveriesService,
  ],
  exports: [AlertsService, AlertRecords, DidNotRunAlerts, ChannelFactory],
})
export class AlertsModule {}

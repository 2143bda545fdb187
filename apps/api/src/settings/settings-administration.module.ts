import { Module } from '@nestjs/common';

import { ServersModule } from '../servers/servers.module';
import { SettingsAdministrationService } from './settings-administration.service';
import { SettingsChangesRepository } from './settings-changes.repository';
import { SettingsController } from './settings.controller';
import { SettingsModule } from './settings.module';

/** The routes of the settings. Apart from their values, which servers need too. */
@Module({
  imports: [SettingsModule, ServersModule],
  controllers: [SettingsController],
  providers: [SettingsAdministrationService, SettingsChangesRepository],
})
export class SettingsAdministrationModule {}

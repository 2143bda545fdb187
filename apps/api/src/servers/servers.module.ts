import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { AlertsModule } from '../alerts/alerts.module';
import { EnforcementModule } from '../enforcement/enforcement.module';
import { SettingsModule } from '../settings/settings.module';
import { UsersModule } from '../users/users.module';
import { ContainerServersService } from './container-servers.service';
import { HostKeysService } from './host-keys.service';
import { HostPressures } from './host-pressures';
import { Server } from './server.entity';
import { ServerEventsRepository } from './server-events.repository';
import { ServerHealth } from './server-health';
import { ServerHealthRepository } from './server-health.repository';
import { ServerUsageRepository } from './server-usage.repository';
import { ServersController } from './servers.controller';
import { ServersRepository } from './servers.repository';
import { ServersService } from './servers.service';
import { SharingService } from './sharing.service';
import { SshServersController } from './ssh-servers.controller';
import { SshServersService } from './ssh-servers.service';

@Module({
  imports: [TypeOrmModule.forFeature([Server]), SettingsModule, UsersModule, AlertsModule, EnforcementModule],
  controllers: [ServersController, SshServersController],
  providers: [
    ServersService,
    ServersRepository,
    ServerEventsRepository,
    SharingService,
    ServerHealth,
    ServerHealthRepository,
    ServerUsageRepository,
    HostPressures,
    SshServersService,
    ContainerServersService,
    HostKeysService,
  ],
  exports: [ServersService, ServerHealth],
})
export class ServersModule {}

import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { SettingsModule } from '../settings/settings.module';
import { Server } from './server.entity';
import { ServerHealth } from './server-health';
import { ServersController } from './servers.controller';
import { ServersService } from './servers.service';

@Module({
  imports: [TypeOrmModule.forFeature([Server]), SettingsModule],
  controllers: [ServersController],
  providers: [ServersService, ServerHealth],
  exports: [ServersService, ServerHealth],
})
export class ServersModule {}

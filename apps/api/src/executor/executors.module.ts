import { createServerExecutor } from '@cronium/execution';
import { Global, Module } from '@nestjs/common';

import { EnforcementModule } from '../enforcement/enforcement.module';
import { SettingsModule } from '../settings/settings.module';
import { ExecutorServers } from './executor-servers';
import { EXECUTOR_FACTORY, ExecutorRegistry } from './executor-registry';

/** Access to servers, for whoever runs jobs or asks for health. */
@Global()
@Module({
  imports: [EnforcementModule, SettingsModule],
  providers: [
    ExecutorRegistry,
    ExecutorServers,
    { provide: EXECUTOR_FACTORY, useValue: createServerExecutor },
  ],
  exports: [ExecutorRegistry, ExecutorServers],
})
export class ExecutorsModule {}

import { createServerExecutor } from '@cronium/execution';
import { Global, Module } from '@nestjs/common';

import { SettingsModule } from '../settings/settings.module';
import { EXECUTOR_FACTORY, ExecutorRegistry } from './executor-registry';

/** Access to servers, for whoever runs jobs or asks for health. */
@Global()
@Module({
  imports: [SettingsModule],
  providers: [ExecutorRegistry, { provide: EXECUTOR_FACTORY, useValue: createServerExecutor }],
  exports: [ExecutorRegistry],
})
export class ExecutorsModule {}

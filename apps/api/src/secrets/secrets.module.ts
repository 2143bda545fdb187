import { Global, Module } from '@nestjs/common';

import { Config } from '../config/config';
import { loadEncryptionKey, SecretsService } from './secrets.service';

@Global()
@Module({
  providers: [
    {
      provide: SecretsService,
      inject: [Config],
      useFactory: async (config: Config) => new SecretsService(await loadEncryptionKey(config)),
    },
  ],
  exports: [SecretsService],
})
export class SecretsModule {}

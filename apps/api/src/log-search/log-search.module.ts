import { Module } from '@nestjs/common';

import { LogIndexer } from './log-indexer';
import { LogSearchController } from './log-search.controller';
import { LogSearchService } from './log-search.service';

@Module({
  controllers: [LogSearchController],
  providers: [LogIndexer, LogSearchService],
})
export class LogSearchModule {}

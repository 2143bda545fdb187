import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';

import { DATABASE_URL } from './database-url';
import { DatabaseWatch, REVIVE_DATABASE, type ReviveDatabase } from './database-watch';
import { Notifications } from './notifications';
import type { OpenDatabase } from './open-database';
import { Patience } from './patience';
import { Processes } from './processes';

@Global()
@Module({})
export class DatabaseModule {
  /** @param dataSource already connected and migrated; closed with the application */
  static forRoot({ dataSource, url, revive }: OpenDatabase): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
      ],
      providers: [
        Notifications,
        Patience,
        Processes,
        DatabaseWatch,
        { provide: DATABASE_URL, useValue: url },
        { provide: REVIVE_DATABASE, useValue: revive satisfies ReviveDatabase | undefined },
      ],
      exports: [Notifications, Patience, Processes, DatabaseWatch, DATABASE_URL],
    };
  }
}

import { type DynamicModule, Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

import { DATABASE_URL } from './database-url';
import { Notifications } from './notifications';

@Global()
@Module({})
export class DatabaseModule {
  /** @param dataSource already connected and migrated; closed with the application */
  static forRoot(dataSource: DataSource, url: string): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => dataSource.options,
          dataSourceFactory: () => Promise.resolve(dataSource),
        }),
      ],
      providers: [Notifications, { provide: DATABASE_URL, useValue: url }],
      exports: [Notifications, DATABASE_URL],
    };
  }
}

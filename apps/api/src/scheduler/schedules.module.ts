import { Module } from '@nestjs/common';

import { CalendarLookupModule } from '../calendars/calendar-lookup.module';
import { EventsModule } from '../events/events.module';
import { ServersModule } from '../servers/servers.module';
import { SchedulePreviews } from './schedule-previews';
import { SchedulesController } from './schedules.controller';
import { UpcomingService } from './upcoming.service';

@Module({
  imports: [CalendarLookupModule, EventsModule, ServersModule],
  controllers: [SchedulesController],
  providers: [SchedulePreviews, UpcomingService],
})
export class SchedulesModule {}

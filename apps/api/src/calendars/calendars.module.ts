import { Module } from '@nestjs/common';

import { EventsModule } from '../events/events.module';
import { CalendarsController } from './calendars.controller';
import { CalendarsRepository } from './calendars.repository';
import { CalendarsService } from './calendars.service';

/** The routes of calendars. Apart from their look-up, which events need: a changed calendar plans its events anew. */
@Module({
  imports: [EventsModule],
  controllers: [CalendarsController],
  providers: [CalendarsService, CalendarsRepository],
})
export class CalendarsModule {}

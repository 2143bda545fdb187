import { Module } from '@nestjs/common';

import { CalendarLookupModule } from '../calendars/calendar-lookup.module';
import { ServersModule } from '../servers/servers.module';
import { UsersModule } from '../users/users.module';
import { EventVersionsController } from './event-versions.controller';
import { EventVersionsRepository } from './event-versions.repository';
import { EventVersionsService } from './event-versions.service';
import { EventsController } from './events.controller';
import { EventsRepository } from './events.repository';
import { EventsService } from './events.service';
import { OpenRuns } from './open-runs';
import { PlannedEvents } from './planned-events';
import { ScheduledEvents } from './scheduled-events';

@Module({
  imports: [CalendarLookupModule, ServersModule, UsersModule],
  controllers: [EventsController, EventVersionsController],
  providers: [
    EventsService,
    EventsRepository,
    EventVersionsService,
    EventVersionsRepository,
    OpenRuns,
    PlannedEvents,
    ScheduledEvents,
  ],
  exports: [EventsService, OpenRuns, PlannedEvents, ScheduledEvents],
})
export class EventsModule {}

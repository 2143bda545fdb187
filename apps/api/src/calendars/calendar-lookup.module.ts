import { Module } from '@nestjs/common';

import { CalendarLookup } from './calendar-lookup';

/** What events need of calendars, whose own module needs events. */
@Module({ providers: [CalendarLookup], exports: [CalendarLookup] })
export class CalendarLookupModule {}

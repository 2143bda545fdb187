import { Component, inject, input } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import type { CalendarSummary } from '@cronium/contracts';
import { mdiCalendarRemoveOutline, mdiPlus } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Icon } from '../../shared/icon/icon';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { opensRow } from '../../shared/paging/row-click';
import { SearchBox } from '../../shared/paging/search-box';
import { calendarsUrl } from './calendar-api';
import { calendarKindWords, counted } from './calendar-words';

/** When events must not run, or may: the calendars that they can keep to. */
@Component({
  selector: 'cr-calendar-list',
  imports: [Icon, ListFrame, Placeholder, RouterLink, SearchBox],
  templateUrl: './calendar-list.html',
  styleUrl: './calendar-list.scss',
})
export class CalendarList {
  private readonly router = inject(Router);

  readonly search = input<string>();

  protected readonly filter = addressFilters();
  protected readonly mayCreate = inject(SessionStore).user()?.role !== 'VIEWER';
  protected readonly calendars = pagedList<CalendarSummary>(calendarsUrl, () => ({ search: this.search() }));
  protected readonly kindWords = calendarKindWords;
  protected readonly counted = counted;
  protected readonly icons = { add: mdiPlus, none: mdiCalendarRemoveOutline };

  protected open(click: MouseEvent, calendar: CalendarSummary): void {
    if (opensRow(click)) void this.router.navigate(['/calendars', calendar.id]);
  }
}

import { Component, DestroyRef, computed, inject, input, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { eventTypeSchema, type EventSummary, type ExecutionSummary } from '@cronium/contracts';
import { mdiCalendarPlus, mdiClose, mdiLoading, mdiMagnify, mdiPlay, mdiPlus } from '@mdi/js';

import { Realtime } from '../../core/realtime/realtime';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks, serverLooks } from '../../shared/look/looks';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { opensRow } from '../../shared/paging/row-click';
import { SearchBox } from '../../shared/paging/search-box';
import { StartFailures } from '../../shared/queue/start-failures';
import { StateChip } from '../../shared/state/state-chip';
import { TimeAgo } from '../../shared/time/time-ago';
import { EventApi, eventsUrl } from './event-api';

/** The events one may see; search, type and tag are in the address. */
@Component({
  selector: 'cr-event-list',
  imports: [Icon, ListFrame, Placeholder, RouterLink, SearchBox, StateChip, TimeAgo],
  templateUrl: './event-list.html',
  styleUrl: './event-list.scss',
})
export class EventList {
  private readonly api = inject(EventApi);
  private readonly router = inject(Router);
  private readonly failures = inject(StartFailures);

  readonly search = input<string>();
  readonly type = input<string>();
  readonly tag = input<string>();

  protected readonly filter = addressFilters();
  protected readonly events = pagedList<EventSummary>(eventsUrl, () => ({
    search: this.search(),
    type: eventTypeSchema.safeParse(this.type()).data,
    tag: this.tag(),
  }));
  protected readonly filtered = computed(() => !!this.search() || !!this.type() || !!this.tag());
  protected readonly starting = signal<string | null>(null);

  protected readonly types = eventTypeSchema.options;
  protected readonly typeLooks = eventTypeLooks;
  protected readonly serverLooks = serverLooks;
  protected readonly icons = {
    close: mdiClose,
    empty: mdiCalendarPlus,
    loading: mdiLoading,
    play: mdiPlay,
    plus: mdiPlus,
    search: mdiMagnify,
  };

  constructor() {
    const silence = inject(Realtime).listen({ 'execution.listed': (execution) => this.hear(execution) });
    inject(DestroyRef).onDestroy(silence);
  }

  protected clearFilters(): void {
    this.filter({ search: '', type: '', tag: '' });
  }

  protected open(click: MouseEvent, event: EventSummary): void {
    if (opensRow(click)) void this.router.navigate(['/events', event.id]);
  }

  protected async run(event: EventSummary): Promise<void> {
    this.starting.set(event.id);
    try {
      const execution = await this.api.run(event.id);
      await this.router.navigate(['/executions', execution.id]);
    } catch (error) {
      this.failures.show(event, error);
    } finally {
      this.starting.set(null);
    }
  }

  protected otherServers(event: EventSummary): string {
    return event.servers
      .slice(1)
      .map((server) => server.name)
      .join(', ');
  }

  private hear(execution: ExecutionSummary): void {
    this.events.change((events) =>
      events.map((event) => {
        const newer = (event.lastExecution?.createdAt ?? '') <= execution.createdAt;
        return event.id === execution.eventId && newer ? { ...event, lastExecution: execution } : event;
      }),
    );
  }
}

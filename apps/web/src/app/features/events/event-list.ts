import { Component, DestroyRef, computed, inject, input, linkedSignal, signal } from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import { eventTypeSchema, type EventSummary, type ExecutionSummary } from '@cronium/contracts';
import { mdiCalendarPlus, mdiClose, mdiLoading, mdiMagnify, mdiPlay, mdiPlus } from '@mdi/js';

import { toApiProblem } from '../../core/http/problem';
import { Realtime } from '../../core/realtime/realtime';
import { LoadError } from '../../shared/feedback/load-error';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks, serverLooks } from '../../shared/look/looks';
import { pagedList } from '../../shared/paging/paged-list';
import { StateChip } from '../../shared/state/state-chip';
import { TimeAgo } from '../../shared/time/time-ago';
import { EventApi, eventsUrl } from './event-api';

const typingPauseMs = 250;

/** The events one may see; search, type and tag are in the address. */
@Component({
  selector: 'cr-event-list',
  imports: [Icon, LoadError, Placeholder, RouterLink, Skeleton, StateChip, TimeAgo],
  templateUrl: './event-list.html',
  styleUrl: './event-list.scss',
})
export class EventList {
  private readonly api = inject(EventApi);
  private readonly router = inject(Router);
  private readonly toasts = inject(Toasts);
  private typing: ReturnType<typeof setTimeout> | undefined;

  readonly search = input<string>();
  readonly type = input<string>();
  readonly tag = input<string>();

  protected readonly typed = linkedSignal(() => this.search() ?? '');
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
    inject(DestroyRef).onDestroy(() => {
      silence();
      clearTimeout(this.typing);
    });
  }

  protected typeSearch(text: string): void {
    this.typed.set(text);
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.filter({ search: text.trim() }), typingPauseMs);
  }

  protected filter(change: Record<string, string>): void {
    const queryParams = Object.fromEntries(
      Object.entries(change).map(([key, value]) => [key, value || null]),
    );
    void this.router.navigate([], { queryParams, queryParamsHandling: 'merge', replaceUrl: true });
  }

  protected clearFilters(): void {
    this.filter({ search: '', type: '', tag: '' });
  }

  /** A click anywhere on the row; its links and buttons do their own. */
  protected open(click: MouseEvent, event: EventSummary): void {
    if (click.target instanceof Element && click.target.closest('a, button') !== null) return;
    if (getSelection()?.type === 'Range') return;
    void this.router.navigate(['/events', event.id]);
  }

  protected async run(event: EventSummary): Promise<void> {
    this.starting.set(event.id);
    try {
      const execution = await this.api.run(event.id);
      await this.router.navigate(['/executions', execution.id]);
    } catch (error) {
      this.toasts.show(`“${event.name}” could not be started. ${toApiProblem(error).message}`);
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

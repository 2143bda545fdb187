import { httpResource } from '@angular/common/http';
import {
  Component,
  DestroyRef,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  untracked,
} from '@angular/core';
import { Router, RouterLink } from '@angular/router';
import {
  executionStateSchema,
  idSchema,
  isActive,
  routes,
  type EventSummary,
  type ExecutionSummary,
  type Page,
} from '@cronium/contracts';
import { mdiClose, mdiFilterOffOutline, mdiPlayBoxMultipleOutline, mdiTextSearch } from '@mdi/js';

import { apiUrl } from '../../core/http/api-url';
import { Realtime } from '../../core/realtime/realtime';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks } from '../../shared/look/looks';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { opensRow } from '../../shared/paging/row-click';
import { StateChip } from '../../shared/state/state-chip';
import { stateLooks } from '../../shared/state/states';
import { LiveDuration } from '../../shared/time/live-duration';
import { TimeAgo } from '../../shared/time/time-ago';
import { errorHeading } from '../../shared/state/ends';
import { executionsUrl } from './execution-api';
import { NewArrivals } from './new-arrivals';
import { instantOf, sinceOf, spanWords, timeRanges } from '../../shared/time/time-ranges';
import { LateMark } from './late-mark';
import { triggerOf } from './triggers';

/** What ran and runs, newest first; event, state and time are in the address. */
@Component({
  selector: 'cr-execution-list',
  imports: [Icon, LateMark, ListFrame, LiveDuration, Placeholder, RouterLink, StateChip, TimeAgo],
  templateUrl: './execution-list.html',
  styleUrl: './execution-list.scss',
})
export class ExecutionList {
  private readonly router = inject(Router);
  private readonly realtime = inject(Realtime);

  readonly eventId = input<string>();
  readonly state = input<string>();
  readonly range = input<string>();
  /** From one instant until another, as other pages link to; a range is chosen here. */
  readonly since = input<string>();
  readonly until = input<string>();

  protected readonly filter = addressFilters();
  private readonly span = computed(() => ({
    since: sinceOf(this.range(), Date.now()) ?? instantOf(this.since()),
    until: this.range() ? undefined : instantOf(this.until()),
  }));
  /** A span that no range of the choice names, in words. */
  protected readonly spanWords = computed(() =>
    this.range() ? undefined : spanWords(instantOf(this.since()), instantOf(this.until())),
  );
  protected readonly executions = pagedList<ExecutionSummary>(executionsUrl, () => ({
    eventId: idSchema.safeParse(this.eventId()).data,
    state: executionStateSchema.safeParse(this.state()).data,
    ...this.span(),
  }));
  protected readonly events = httpResource<Page<EventSummary>>(() => ({
    url: apiUrl(routes.events),
    params: { limit: 200 },
  }));
  /** The chosen event is in the choice also when it is not among those that were read. */
  protected readonly eventChoices = computed(() => {
    const events = this.events.hasValue() ? this.events.value().items : [];
    const choices = events.map(({ id, name }) => ({ id, name }));
    const chosen = this.eventId();
    if (!chosen || choices.some((choice) => choice.id === chosen)) return choices;
    const name = this.executions.items()?.[0]?.eventName ?? 'This event';
    return [{ id: chosen, name }, ...choices];
  });
  protected readonly filtered = computed(
    () => !!this.eventId() || !!this.state() || !!this.range() || !!this.spanWords(),
  );
  /** What began since the list was loaded; put in when the person asks, so that no row moves under the pointer. */
  protected readonly arrivals = linkedSignal({
    source: () => [this.eventId(), this.state(), this.range(), this.since(), this.until()],
    computation: () => new NewArrivals(),
  });

  protected readonly states = executionStateSchema.options;
  protected readonly stateLooks = stateLooks;
  protected readonly ranges = timeRanges;
  protected readonly typeLooks = eventTypeLooks;
  protected readonly errorHeading = errorHeading;
  protected readonly triggerOf = triggerOf;
  protected readonly icons = {
    close: mdiClose,
    empty: mdiPlayBoxMultipleOutline,
    filter: mdiFilterOffOutline,
    logs: mdiTextSearch,
  };

  constructor() {
    const silence = this.realtime.listen({ 'execution.listed': (execution) => this.hear(execution) });
    inject(DestroyRef).onDestroy(silence);
    let wasConnected = false;
    effect(() => {
      const connected = this.realtime.state() === 'connected';
      // What changed while the connection was lost was not heard.
      if (connected && wasConnected) untracked(() => this.executions.reload());
      wasConnected ||= connected;
    });
  }

  /** What was left out or replaced by a policy is no failure. */
  protected isCalm({ state }: ExecutionSummary): boolean {
    return state === 'skipped' || state === 'cancelled';
  }

  /** An attempt on the way to success, or one that may still follow, is not how it ended. */
  protected isRetried({ state }: ExecutionSummary): boolean {
    return state === 'succeeded' || isActive(state);
  }

  /** Each once, however many attempts there were. */
  protected serversOf({ servers }: ExecutionSummary): string {
    return [...new Set(servers)].join(', ');
  }

  protected clearFilters(): void {
    this.filter({ eventId: '', state: '', range: '', since: '', until: '' });
  }

  protected open(click: MouseEvent, execution: ExecutionSummary): void {
    if (opensRow(click)) void this.router.navigate(['/executions', execution.id]);
  }

  protected showArrivals(): void {
    const arrived = this.arrivals().take();
    this.executions.change((rows) => {
      const known = new Set(rows.map((row) => row.id));
      return [...arrived.filter((execution) => !known.has(execution.id)), ...rows];
    });
  }

  private hear(execution: ExecutionSummary): void {
    const rows = this.executions.items();
    if (rows === undefined) return;
    if (rows.some((row) => row.id === execution.id)) {
      this.executions.change((known) => known.map((row) => (row.id === execution.id ? execution : row)));
      return;
    }
    const event = this.eventId();
    const state = this.state();
    if ((event && event !== execution.eventId) || (state && state !== execution.state)) return;
    const { until } = this.span();
    if (until !== undefined && Date.parse(execution.createdAt) >= Date.parse(until)) return;
    // An old one that changes belongs to a later page, not to the top.
    if (rows[0] !== undefined && execution.createdAt < rows[0].createdAt) return;
    this.arrivals().add(execution);
    if (this.nobodyReadsFurtherDown()) this.showArrivals();
  }

  /** At the top of the list new rows may simply appear. */
  private nobodyReadsFurtherDown(): boolean {
    return (
      (document.getElementById('content')?.scrollTop ?? 0) < 8 &&
      document.querySelector('tbody:hover') === null
    );
  }
}

import { httpResource } from '@angular/common/http';
import {
  Component,
  DOCUMENT,
  ElementRef,
  afterNextRender,
  computed,
  effect,
  inject,
  input,
  linkedSignal,
  untracked,
  viewChild,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import {
  idSchema,
  jobStateSchema,
  logStreamSchema,
  routes,
  type EventSummary,
  type LogHit,
  type LogHitPage,
  type Page,
  type Server,
} from '@cronium/contracts';
import { mdiAlertOutline, mdiClose, mdiServerOutline, mdiTextSearch, mdiTextSearchVariant } from '@mdi/js';

import { SessionStore } from '../../core/auth/session';
import { apiUrl } from '../../core/http/api-url';
import { toApiProblem } from '../../core/http/problem';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Icon } from '../../shared/icon/icon';
import { addressFilters } from '../../shared/paging/address-filters';
import { ListFrame } from '../../shared/paging/list-frame';
import { pagedList } from '../../shared/paging/paged-list';
import { SearchBox } from '../../shared/paging/search-box';
import { StateChip } from '../../shared/state/state-chip';
import { stateLooks } from '../../shared/state/states';
import { formatExact } from '../../shared/time/relative-time';
import { TimeAgo } from '../../shared/time/time-ago';
import { instantOf, sinceOf, spanWords, timeRanges } from '../../shared/time/time-ranges';
import { groupsOf, widened } from './hit-groups';

/** A search that has found nothing yet goes on by itself so often, which is some seconds. */
const roundsByItself = 30;

/** What scripts wrote, over all logs that the person may see; words and filters are in the address. */
@Component({
  selector: 'cr-log-search-page',
  imports: [Icon, ListFrame, Placeholder, RouterLink, SearchBox, StateChip, TimeAgo],
  templateUrl: './log-search-page.html',
  styleUrl: './log-search-page.scss',
  host: { '(document:keydown)': 'pressKey($event)' },
})
export class LogSearchPage {
  private readonly document = inject(DOCUMENT);
  private readonly page = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly user = inject(SessionStore).user;
  private readonly box = viewChild.required<SearchBox, ElementRef<HTMLElement>>(SearchBox, {
    read: ElementRef,
  });

  readonly q = input<string>();
  readonly eventId = input<string>();
  readonly serverId = input<string>();
  readonly state = input<string>();
  readonly stream = input<string>();
  readonly range = input<string>();
  /** From one instant until another, as other pages link to; a range is chosen here. */
  readonly since = input<string>();
  readonly until = input<string>();

  protected readonly filter = addressFilters();
  protected readonly words = computed(() => this.q()?.trim() ?? '');
  private readonly query = computed(() => ({
    q: this.words(),
    eventId: idSchema.safeParse(this.eventId()).data,
    serverId: idSchema.safeParse(this.serverId()).data,
    state: jobStateSchema.safeParse(this.state()).data,
    stream: logStreamSchema.safeParse(this.stream()).data,
    from: sinceOf(this.range(), Date.now()) ?? instantOf(this.since()),
    to: this.range() ? undefined : instantOf(this.until()),
  }));
  protected readonly hits = pagedList<LogHit>(apiUrl(routes.logs.search), () =>
    this.words() === '' ? undefined : this.query(),
  );
  protected readonly groups = computed(() => groupsOf(this.hits.items() ?? []));
  /** A span that no range of the choice names, in words. */
  protected readonly spanWords = computed(() =>
    this.range() ? undefined : spanWords(instantOf(this.since()), instantOf(this.until())),
  );
  protected readonly filtered = computed(
    () =>
      [this.eventId(), this.serverId(), this.state(), this.stream(), this.range()].some(Boolean) ||
      !!this.spanWords(),
  );
  protected readonly widened = computed(() => widened(this.words()));

  /** Why it cannot be searched for: a matter of what was typed, and not of a failure. */
  protected readonly refusal = computed(() => {
    const error = this.hits.error();
    const problem = error && toApiProblem(error);
    return problem?.status === 400 ? (problem.fields[0]?.message ?? problem.message) : undefined;
  });

  private readonly rounds = linkedSignal({ source: this.query, computation: () => 0 });
  /** Nothing yet, and more to look through. */
  protected readonly isOpen = computed(() => this.hits.items()?.length === 0 && this.hits.hasMore());
  protected readonly isSearchingOn = computed(() => this.isOpen() && this.rounds() < roundsByItself);
  protected readonly searchedBackTo = computed(() => {
    const at = (this.hits.lastPage() as LogHitPage | undefined)?.searchedBackTo;
    return at == null ? undefined : formatExact(Date.parse(at));
  });

  private readonly events = httpResource<Page<EventSummary>>(() => ({
    url: apiUrl(routes.events),
    params: { limit: 200 },
  }));
  private readonly servers = httpResource<Page<Server>>(() => ({
    url: apiUrl(routes.servers),
    params: { limit: 200, scope: this.user()?.role === 'ADMIN' ? 'all' : 'usable' },
  }));
  protected readonly eventChoices = computed(() => {
    const known = this.events.hasValue() ? this.events.value().items : [];
    return withChosen(known, this.eventId(), this.hits.items()?.[0]?.eventName ?? 'This event');
  });
  protected readonly serverChoices = computed(() => {
    const known = this.servers.hasValue() ? this.servers.value().items : [];
    return withChosen(known, this.serverId(), this.hits.items()?.[0]?.serverName ?? 'This server');
  });

  protected readonly states = jobStateSchema.options;
  protected readonly stateLooks = stateLooks;
  protected readonly ranges = timeRanges;
  protected readonly icons = {
    close: mdiClose,
    begin: mdiTextSearch,
    nothing: mdiTextSearchVariant,
    refused: mdiAlertOutline,
    server: mdiServerOutline,
  };

  constructor() {
    afterNextRender(() => this.field()?.focus());
    effect(() => {
      if (!this.isSearchingOn() || this.hits.loading() || this.hits.loadingMore() || this.hits.error())
        return;
      untracked(() => {
        this.rounds.update((rounds) => rounds + 1);
        void this.hits.loadMore();
      });
    });
  }

  protected clearFilters(): void {
    this.filter({ eventId: '', serverId: '', state: '', stream: '', range: '', since: '', until: '' });
  }

  /** Arrow keys go from the field to the hits, and from one to the next. */
  protected pressKey(event: KeyboardEvent): void {
    if (this.document.querySelector('.cdk-overlay-backdrop') !== null) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    const isField = target === this.field();
    const isHit = target?.classList.contains('hit') === true;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && (isField || isHit)) {
      event.preventDefault();
      this.goOn(target, step);
    } else if (event.key === '/' && target?.closest('input, textarea, select') === null) {
      event.preventDefault();
      this.field()?.select();
    }
  }

  protected clock(at: string): string {
    return new Date(at).toLocaleTimeString(undefined, { hour12: false });
  }

  protected exact(at: string): string {
    return formatExact(Date.parse(at));
  }

  private goOn(from: HTMLElement | null, step: number): void {
    const places = [this.field(), ...this.page.nativeElement.querySelectorAll<HTMLElement>('.hit')];
    places[places.findIndex((place) => place === from) + step]?.focus();
  }

  private field(): HTMLInputElement | null {
    return this.box().nativeElement.querySelector('input');
  }
}

/** What is chosen by the address is in the choice also when it is not among those that were read. */
function withChosen(
  known: readonly { id: string; name: string }[],
  chosen: string | undefined,
  name: string,
): readonly { id: string; name: string }[] {
  const choices = known.map((one) => ({ id: one.id, name: one.name }));
  if (!chosen || choices.some(({ id }) => id === chosen)) return choices;
  return [{ id: chosen, name }, ...choices];
}

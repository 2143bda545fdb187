import { httpResource } from '@angular/common/http';
import { Component, computed, inject, input, linkedSignal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { routes, type Upcoming } from '@cronium/contracts';
import { mdiCalendarBlankOutline, mdiChevronLeft, mdiChevronRight } from '@mdi/js';

import { apiUrl } from '../../core/http/api-url';
import { LoadError } from '../../shared/feedback/load-error';
import { Notice } from '../../shared/feedback/notice';
import { Placeholder } from '../../shared/feedback/placeholder';
import { Skeleton } from '../../shared/feedback/skeleton';
import { Icon } from '../../shared/icon/icon';
import { isNarrow } from '../../shared/layout/narrow';
import { addressFilters } from '../../shared/paging/address-filters';
import { Clock } from '../../shared/time/clock';
import {
  addDays,
  dateIn,
  formatDate,
  hour,
  isDate,
  isZone,
  mondayOf,
  ownZone,
  startOfDate,
  timeIn,
} from '../../shared/time/zone-days';
import { DayAgenda } from './day-agenda';
import { plannedDays, type PlannedDay } from './planned-days';
import { WeekGrid } from './week-grid';

const longDate = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
const shortDate = { day: 'numeric', month: 'short', year: 'numeric' } as const;

/** What is planned to run, by day or week: when, how much at once, and what gets in each other's way. View, date and zone are in the address. */
@Component({
  selector: 'cr-schedule-page',
  imports: [DayAgenda, Icon, LoadError, Notice, Placeholder, RouterLink, Skeleton, WeekGrid],
  templateUrl: './schedule-page.html',
  styleUrl: './schedule-page.scss',
  host: { '(document:keydown)': 'pressKey($event)' },
})
export class SchedulePage {
  private readonly clock = inject(Clock);

  readonly view = input<string>();
  readonly date = input<string>();
  readonly zone = input<string>();

  protected readonly filter = addressFilters();
  /** A grid of seven days has no room there; the days stand below each other. */
  protected readonly narrow = isNarrow(820);
  protected readonly own = ownZone();
  protected readonly isWeek = computed(() => this.view() !== 'day');
  protected readonly usedZone = computed(() => {
    const zone = this.zone();
    return zone !== undefined && isZone(zone) ? zone : this.own;
  });
  protected readonly today = computed(() => dateIn(this.clock.coarseNow(), this.usedZone()));
  protected readonly usedDate = computed(() => {
    const date = this.date();
    return isDate(date) ? date : this.today();
  });
  protected readonly dates = computed<readonly string[]>(() => {
    if (!this.isWeek()) return [this.usedDate()];
    const monday = mondayOf(this.usedDate());
    return Array.from({ length: 7 }, (_, index) => addDays(monday, index));
  });
  protected readonly heading = computed(() => {
    const [first = '', last = first] = [this.dates()[0], this.dates().at(-1)];
    if (!this.isWeek()) return formatDate(first, longDate);
    return `${formatDate(first, { day: 'numeric', month: 'short' })} – ${formatDate(last, shortDate)}`;
  });
  private readonly span = computed(() => {
    const [first = '', last = first] = [this.dates()[0], this.dates().at(-1)];
    const zone = this.usedZone();
    return { from: startOfDate(first, zone), to: startOfDate(addDays(last, 1), zone) };
  });
  protected readonly upcoming = httpResource<Upcoming>(() => {
    const { from, to } = this.span();
    const params = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    return { url: apiUrl(routes.schedules, 'upcoming'), params };
  });
  /** What was there stays while the next is loaded, so that nothing jumps. */
  private readonly loaded = linkedSignal<Upcoming | undefined, Upcoming | undefined>({
    source: () => (this.upcoming.hasValue() ? this.upcoming.value() : undefined),
    computation: (value, previous) => value ?? previous?.value,
  });
  protected readonly days = computed(() => {
    const loaded = this.loaded();
    return loaded && plannedDays(loaded, this.dates(), this.usedZone());
  });
  protected readonly most = computed(() =>
    Math.max(1, ...(this.days() ?? []).flatMap(({ hours }) => hours.map(({ load }) => load))),
  );
  protected readonly isEmpty = computed(
    () => !this.upcoming.isLoading() && this.loaded()?.events.length === 0,
  );
  protected readonly isPast = computed(() => this.span().to <= this.clock.coarseNow());
  protected readonly often = computed(
    () => this.loaded()?.events.filter(({ hours }) => hours.length > 0) ?? [],
  );
  protected readonly omitted = computed(() => this.loaded()?.omittedEvents ?? 0);
  /** Minutes in which more runs start than their server runs at one time. */
  protected readonly crowded = computed(() => {
    const runs = (this.days() ?? []).flatMap(({ hours }) => hours.flatMap((one) => one.runs));
    const minutes = runs.flatMap(({ at, clash }) => (clash?.tooMany ? [Math.floor(at / 60_000)] : []));
    return [...new Set(minutes)].map((minute) => minute * 60_000);
  });
  /** The person's own, UTC, and those that schedules are written in. */
  protected readonly zones = computed(() => {
    const written = (this.loaded()?.events ?? []).flatMap(({ schedule }) =>
      'timezone' in schedule ? [schedule.timezone] : [],
    );
    return [...new Set([this.own, this.usedZone(), 'UTC', ...written])];
  });

  protected readonly icons = {
    back: mdiChevronLeft,
    on: mdiChevronRight,
    empty: mdiCalendarBlankOutline,
  };

  /** Days that are over have no plan; on a phone they would only be in the way. */
  protected isOver({ hours }: PlannedDay): boolean {
    return (hours.at(-1)?.at ?? 0) + hour <= this.clock.coarseNow();
  }

  protected moment(at: number): string {
    return `${formatDate(dateIn(at, this.usedZone()), shortDate)}, ${timeIn(at, this.usedZone())}`;
  }

  protected dayHeading(date: string): string {
    return formatDate(date, longDate);
  }

  protected move(steps: number): void {
    this.filter({ date: addDays(this.usedDate(), steps * (this.isWeek() ? 7 : 1)) });
  }

  protected goToday(): void {
    this.filter({ date: '' });
  }

  protected show(view: 'day' | 'week'): void {
    this.filter({ view: view === 'week' ? '' : view });
  }

  protected showDay(date: string): void {
    this.filter({ view: 'day', date });
  }

  protected pressKey(event: KeyboardEvent): void {
    const { target } = event;
    const isTyping = target instanceof Element && target.closest('input, select, textarea, [role=dialog]');
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    const acts: Partial<Record<string, () => void>> = {
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      t: () => this.goToday(),
      d: () => this.show('day'),
      w: () => this.show('week'),
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
}

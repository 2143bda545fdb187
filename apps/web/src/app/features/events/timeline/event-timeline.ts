import { httpResource } from '@angular/common/http';
import { Component, DestroyRef, ElementRef, computed, inject, input, linkedSignal } from '@angular/core';
import { RouterLink } from '@angular/router';
import { routes, type ExecutionSummary, type Page, type Upcoming } from '@cronium/contracts';

import { apiUrl } from '../../../core/http/api-url';
import { Realtime } from '../../../core/realtime/realtime';
import { Skeleton } from '../../../shared/feedback/skeleton';
import { StateChip } from '../../../shared/state/state-chip';
import { Clock } from '../../../shared/time/clock';
import { formatExact } from '../../../shared/time/relative-time';
import { day, hour } from '../../../shared/time/zone-days';
import { executionsUrl } from '../event-api';
import { timelineSlots, wordOf, type Mark, type Slot } from './timeline-slots';

/** What a strip shows: as much that was as that will be, in so many pieces. */
const ranges = {
  day: { word: 'Day', reach: day, slots: 48 },
  week: { word: 'Week', reach: 7 * day, slots: 56 },
} as const;
type Range = keyof typeof ranges;

/** Entries of one piece that are listed. */
const listed = 12;

/** What was planned and what happened to an event, on a strip of time around now; the reasons stand below it. */
@Component({
  selector: 'cr-event-timeline',
  imports: [RouterLink, Skeleton, StateChip],
  templateUrl: './event-timeline.html',
  styleUrl: './event-timeline.scss',
})
export class EventTimeline {
  private readonly element = inject<ElementRef<HTMLElement>>(ElementRef);
  private readonly clock = inject(Clock);

  readonly eventId = input.required<string>();
  /** Of the saved event: with a new one the plan may be another. */
  readonly version = input.required<number>();

  protected readonly range = linkedSignal<string, Range>({ source: this.eventId, computation: () => 'day' });
  /** By whole slots, so that nothing moves with every second. */
  protected readonly span = computed(() => {
    const { reach, slots } = ranges[this.range()];
    const length = (2 * reach) / slots;
    const now = Math.floor(this.clock.coarseNow() / hour) * hour;
    return { from: now - reach, to: now - reach + slots * length };
  });
  private readonly executions = httpResource<Page<ExecutionSummary>>(() => {
    const since = new Date(this.span().from - hour).toISOString();
    return { url: executionsUrl, params: { eventId: this.eventId(), since, limit: 200 } };
  });
  private readonly upcoming = httpResource<Upcoming>(() => {
    this.version();
    const params = {
      from: new Date(this.span().from).toISOString(),
      to: new Date(this.span().to).toISOString(),
    };
    return { url: apiUrl(routes.schedules, 'upcoming'), params: { ...params, eventId: this.eventId() } };
  });
  private readonly ran = linkedSignal(() =>
    this.executions.hasValue() ? this.executions.value().items : undefined,
  );
  protected readonly isCut = computed(
    () => this.executions.hasValue() && this.executions.value().nextCursor !== null,
  );
  protected readonly error = computed(() => this.executions.error() ?? this.upcoming.error());
  protected readonly slots = computed<readonly Slot[] | undefined>(() => {
    const ran = this.ran();
    if (ran === undefined || !this.upcoming.hasValue()) return undefined;
    return timelineSlots(ran, this.upcoming.value().events[0], this.span(), ranges[this.range()].slots);
  });
  /** The piece whose entries are listed. */
  private readonly chosenFrom = linkedSignal<unknown, number | null>({
    source: () => [this.eventId(), this.range()],
    computation: () => null,
  });
  protected readonly chosen = computed(() => this.slots()?.find(({ from }) => from === this.chosenFrom()));
  protected readonly nowAt = computed(() => this.place(this.clock.coarseNow()));

  protected readonly ranges = Object.entries(ranges).map(([id, { word }]) => ({ id: id as Range, word }));
  protected readonly listed = listed;
  protected readonly wordOf = wordOf;

  constructor() {
    const silence = inject(Realtime).listen({
      'execution.listed': (execution) => {
        if (execution.eventId === this.eventId()) this.hear(execution);
      },
    });
    inject(DestroyRef).onDestroy(silence);
  }

  /** Where on the strip an instant is, in percent. */
  protected place(at: number): number {
    const { from, to } = this.span();
    return ((at - from) / (to - from)) * 100;
  }

  protected width({ from, to }: Slot): number {
    return this.place(to) - this.place(from);
  }

  protected choose(slot: Slot): void {
    this.chosenFrom.set(slot.from);
  }

  /** One stop of the Tab key; arrows go from mark to mark. */
  protected tabIndex(slot: Slot): number {
    const slots = this.slots() ?? [];
    return slot.from === (this.chosen() ?? slots.at(-1))?.from ? 0 : -1;
  }

  protected pressKey(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const buttons = [...this.element.nativeElement.querySelectorAll<HTMLElement>('.mark')];
    const at = buttons.findIndex((button) => button === document.activeElement);
    if (step === 0 || at === -1) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  }

  protected exact(at: number): string {
    return formatExact(at);
  }

  protected words(mark: Mark): string {
    return [wordOf(mark), formatExact(mark.at), mark.detail].filter(Boolean).join(', ');
  }

  private hear(execution: ExecutionSummary): void {
    this.ran.update((rows) => {
      if (rows === undefined) return rows;
      const known = rows.some(({ id }) => id === execution.id);
      // What was planned has begun: the plan goes on from there.
      if (!known && execution.plannedAt !== null) this.upcoming.reload();
      return known ? rows.map((row) => (row.id === execution.id ? execution : row)) : [execution, ...rows];
    });
  }
}

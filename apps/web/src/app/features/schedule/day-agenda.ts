import { Component, booleanAttribute, computed, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';

import { Clock } from '../../shared/time/clock';
import { hour } from '../../shared/time/zone-days';
import type { PlannedDay } from './planned-days';
import { RunChip } from './run-chip';

/** Runs of an hour that are shown one by one. */
const shown = 60;

/** A day from top to bottom: each hour with its load and its runs; `compact` leaves out hours without any. */
@Component({
  selector: 'cr-day-agenda',
  imports: [RouterLink, RunChip],
  template: `
    <ol>
      @for (one of hours(); track one.at) {
        <li [class.past]="isPast(one.at)" [class.now]="isNow(one.at)">
          <span class="time tabular">{{ one.time }}</span>
          <span class="load" [title]="one.load + ' runs in this hour'">
            <span class="bar" [style.width.%]="(one.load / most()) * 100"></span>
            <span class="count tabular small">{{ one.load || '' }}</span>
          </span>
          <div class="runs">
            @for (run of one.runs.slice(0, shown); track run.event.id + run.at) {
              <cr-run-chip [run]="run" [zone]="zone()" />
            }
            @if (one.runs.length > shown) {
              <span class="muted small more">and {{ one.runs.length - shown }} more</span>
            }
            @for (often of one.often; track often.event.id) {
              <a
                class="often small"
                [class.paused]="often.event.paused"
                [routerLink]="['/events', often.event.id]"
                [title]="often.event.description"
                >{{ often.event.name }} × {{ often.count }}{{ often.event.paused ? ', paused' : '' }}</a
              >
            }
          </div>
        </li>
      } @empty {
        <li class="nothing muted small">Nothing is planned.</li>
      }
    </ol>
  `,
  styleUrl: './day-agenda.scss',
})
export class DayAgenda {
  private readonly clock = inject(Clock);

  readonly day = input.required<PlannedDay>();
  readonly zone = input.required<string>();
  /** The load that fills the bar. */
  readonly most = input.required<number>();
  readonly compact = input(false, { transform: booleanAttribute });

  protected readonly shown = shown;
  protected readonly hours = computed(() =>
    this.day().hours.filter(({ runs, often }) => !this.compact() || runs.length + often.length > 0),
  );

  protected isPast(at: number): boolean {
    return at + hour <= this.clock.coarseNow();
  }

  protected isNow(at: number): boolean {
    return !this.isPast(at) && at <= this.clock.coarseNow();
  }
}

import { Component, ElementRef, computed, effect, inject, input } from '@angular/core';
import { RouterLink } from '@angular/router';
import type { DashboardHeatMap } from '@cronium/contracts';

import { formatDate } from '../../shared/time/zone-days';
import { dayWords, heatMapRows } from './heat-map-grid';

/** Dates that are written above the columns. */
const mostDates = 5;

/** How runs ended, by the day and the hour at which they were triggered. A cell opens the executions of its hour. */
@Component({
  selector: 'cr-heat-map',
  imports: [RouterLink],
  templateUrl: './heat-map.html',
  styleUrl: './heat-map.scss',
  host: { '(keydown)': 'move($event)' },
})
export class HeatMap {
  private readonly host = inject<ElementRef<HTMLElement>>(ElementRef);

  readonly map = input.required<DashboardHeatMap>();

  protected readonly rows = computed(() => heatMapRows(this.map()));
  protected readonly days = computed(() => {
    const { dates } = this.map();
    const every = Math.ceil(dates.length / mostDates);
    return dates.map((date, index) => ({
      date,
      words: dayWords(date),
      // Today has its date, whatever the number of days.
      label:
        (dates.length - 1 - index) % every === 0 ? formatDate(date, { day: 'numeric', month: 'short' }) : '',
    }));
  });
  /** Of the cells that are links one is in the order of the tabulator; arrows go on from there. */
  protected readonly first = computed(() =>
    this.rows()
      .flatMap(({ cells }) => cells)
      .find(({ hour }) => hour !== undefined),
  );

  constructor() {
    // On a narrow screen the newest days are seen first.
    effect(() => {
      this.map();
      queueMicrotask(() => {
        const scroller = this.host.nativeElement.querySelector('.scroll');
        if (scroller) scroller.scrollLeft = scroller.scrollWidth;
      });
    });
  }

  /** To the next cell with runs in the direction of the arrow. */
  protected move(event: KeyboardEvent): void {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const cell = event.target instanceof Element ? event.target.closest('td') : null;
    const row = cell?.closest('tr');
    if (!step || !cell || !row) return;
    event.preventDefault();
    const rows = [...this.host.nativeElement.querySelectorAll('tbody tr')];
    let [y, x] = [rows.indexOf(row), cell.cellIndex];
    for (;;) {
      [y, x] = [y + (step[0] ?? 0), x + (step[1] ?? 0)];
      const next = (rows[y] as HTMLTableRowElement | undefined)?.cells[x];
      const link = next?.querySelector('a');
      link?.focus();
      if (!next || link) return;
    }
  }
}

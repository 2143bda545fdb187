import { httpResource } from '@angular/common/http';
import { Component, computed, input, model, output } from '@angular/core';
import type { FormValueControl, ValidationError } from '@angular/forms/signals';
import { RouterLink } from '@angular/router';
import { routes, type CalendarSummary, type Page } from '@cronium/contracts';

import { apiUrl } from '../../core/http/api-url';

const calendarsUrl = apiUrl(routes.calendars);

/** The calendars that an event keeps to, in the order they are chosen. */
@Component({
  selector: 'cr-calendar-choice',
  imports: [RouterLink],
  template: `
    @if (calendars(); as list) {
      @for (calendar of list; track calendar.id) {
        <label>
          <input
            #box
            type="checkbox"
            [checked]="value().includes(calendar.id)"
            (change)="toggle(calendar.id, box.checked)"
          />
          <span class="name">{{ calendar.name }}</span>
          <span class="muted small">{{ calendar.kind === 'blackout' ? 'stops' : 'allows only' }}</span>
        </label>
      } @empty {
        <p class="muted small">
          None yet. <a routerLink="/calendars/new">Make a calendar</a> of nights, holidays or a freeze.
        </p>
      }
      @for (id of missing(); track id) {
        <label>
          <input #gone type="checkbox" checked (change)="toggle(id, gone.checked)" />
          <span class="name">A calendar that you cannot see</span>
        </label>
      }
    } @else if (resource.error(); as error) {
      <p class="error small">
        The calendars could not be loaded. {{ error.message }}
        <button type="button" class="button dense" (click)="resource.reload()">Try again</button>
      </p>
    } @else {
      <p class="muted small">Loading…</p>
    }
    @if (touched() && errors()[0]; as error) {
      <p class="error small" role="alert">{{ error.message }}</p>
    }
  `,
  styles: `
    :host {
      display: flex;
      flex-direction: column;
      gap: 2px;
      max-height: 220px;
      overflow: auto;
    }
    label {
      display: flex;
      gap: 8px;
      align-items: center;
      min-height: 28px;
      cursor: pointer;
    }
    .name {
      overflow: hidden;
      text-overflow: ellipsis;
      white-space: nowrap;
    }
    .error {
      color: var(--state-failed);
    }
  `,
  host: { role: 'group', 'aria-label': 'Calendars' },
})
export class CalendarChoice implements FormValueControl<string[]> {
  readonly value = model<string[]>([]);
  readonly touch = output();
  readonly touched = input(false);
  readonly errors = input<readonly ValidationError.WithOptionalFieldTree[]>([]);

  protected readonly resource = httpResource<Page<CalendarSummary>>(() => ({
    url: calendarsUrl,
    params: { limit: 200 },
  }));
  protected readonly calendars = computed(() =>
    this.resource.hasValue() ? this.resource.value().items : undefined,
  );
  /** Chosen, but not in the list: it must not be forgotten. */
  protected readonly missing = computed(() => {
    const calendars = this.calendars() ?? [];
    return this.value().filter((id) => !calendars.some((calendar) => calendar.id === id));
  });

  protected toggle(id: string, chosen: boolean): void {
    this.value.update((ids) => (chosen ? [...ids, id] : ids.filter((other) => other !== id)));
    this.touch.emit();
  }
}

import { Component, input, model, output } from '@angular/core';
import type { FormValueControl } from '@angular/forms/signals';
import { weekdaySchema, type Weekday } from '@cronium/contracts';

import { dayLetters } from './calendar-words';

/** Days of the week, each switched by itself. */
@Component({
  selector: 'cr-day-choice',
  template: `
    @for (day of days; track day) {
      <button
        type="button"
        class="button dense"
        [attr.aria-pressed]="value().includes(day)"
        [attr.aria-label]="letters[day].word"
        (click)="toggle(day)"
      >
        {{ letters[day].letters }}
      </button>
    }
  `,
  styles: `
    :host {
      display: grid;
      grid-template-columns: repeat(7, minmax(0, 1fr));
      gap: 4px;
      max-width: 330px;
    }
    .button {
      min-height: var(--control);
      padding: 0;
    }
  `,
  host: { role: 'group', 'aria-label': 'Days' },
})
export class DayChoice implements FormValueControl<Weekday[]> {
  readonly value = model<Weekday[]>([]);
  readonly touch = output();
  readonly touched = input(false);

  protected readonly days = weekdaySchema.options;
  protected readonly letters = dayLetters;

  protected toggle(day: Weekday): void {
    this.value.update((days) =>
      days.includes(day)
        ? days.filter((other) => other !== day)
        : this.days.filter((one) => one === day || days.includes(one)),
    );
    this.touch.emit();
  }
}

import { Component, computed, input, signal } from '@angular/core';
import { calendarRuleWords, type CalendarRule } from '@cronium/contracts';

const firstAtMost = 12;

/** Rules in words, of many the first. */
@Component({
  selector: 'cr-rule-list',
  template: `
    <ul>
      @for (words of shown(); track $index) {
        <li>{{ words }}</li>
      }
    </ul>
    @if (rules().length > shown().length) {
      <button type="button" class="button dense" (click)="all.set(true)">
        Show all {{ rules().length }}
      </button>
    }
  `,
  styles: `
    :host {
      display: flex;
      flex-direction: column;
      gap: 8px;
      align-items: flex-start;
    }
    ul {
      display: grid;
      gap: 4px;
      max-height: 420px;
      overflow: auto;
      overflow-wrap: anywhere;
      font-variant-numeric: tabular-nums;
    }
  `,
})
export class RuleList {
  readonly rules = input.required<readonly CalendarRule[]>();

  protected readonly all = signal(false);
  protected readonly shown = computed(() =>
    (this.all() ? this.rules() : this.rules().slice(0, firstAtMost)).map(calendarRuleWords),
  );
}

import { Component, model } from '@angular/core';
import { eventTypeSchema, type EventType } from '@cronium/contracts';

import { Icon } from '../../shared/icon/icon';
import { eventTypeLooks } from '../../shared/look/looks';

/** What the event is: radio buttons that look like one control. */
@Component({
  selector: 'cr-type-choice',
  imports: [Icon],
  template: `
    <div role="radiogroup" aria-label="Type">
      @for (type of types; track type) {
        <label [class.chosen]="value() === type">
          <input
            type="radio"
            name="event-type"
            [value]="type"
            [checked]="value() === type"
            (change)="value.set(type)"
          />
          <cr-icon [path]="looks[type].icon" />{{ looks[type].word }}
        </label>
      }
    </div>
  `,
  styles: `
    div {
      display: inline-flex;
      gap: 2px;
    }
    label {
      --icon-size: 16px;
      position: relative;
      display: inline-flex;
      align-items: center;
      gap: 6px;
      min-height: calc(var(--control) - 4px);
      padding: 0 11px;
      border-radius: var(--radius-small);
      color: var(--text-muted);
      font-weight: 500;
      cursor: pointer;
    }
    label:hover {
      background: var(--hover);
      color: var(--text);
    }
    .chosen,
    .chosen:hover {
      background: var(--accent-soft);
      color: var(--on-accent-soft);
    }
    label:focus-within:has(:focus-visible) {
      outline: 2px solid var(--accent);
      outline-offset: 1px;
    }
    input {
      position: absolute;
      inset: 0;
      width: 100%;
      height: 100%;
      margin: 0;
      opacity: 0;
      cursor: pointer;
    }
  `,
})
export class TypeChoice {
  readonly value = model.required<EventType>();

  protected readonly types = eventTypeSchema.options;
  protected readonly looks = eventTypeLooks;
}

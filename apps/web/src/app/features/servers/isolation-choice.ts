import { Component, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import { isolationSchema, type Isolation } from '@cronium/server-types';

import { isolationWords } from './isolation-words';

let lastId = 0;

/** What keeps jobs apart: three cards, each of which says what is weaker with it. */
@Component({
  selector: 'cr-isolation-choice',
  imports: [FormField],
  template: `
    @for (option of options; track option) {
      @let words = isolationWords[option];
      <label class="choice" [class.chosen]="field()().value() === option">
        <input
          type="radio"
          [value]="option"
          [formField]="field()"
          [attr.aria-labelledby]="id + option"
          [attr.aria-describedby]="id + option + '-note'"
        />
        <span class="words">
          <span class="head">
            <strong [id]="id + option">{{ words.title }}</strong>
            @if (option === saved()) {
              <span class="muted small">now</span>
            }
          </span>
          <span class="small" [id]="id + option + '-note'">
            <span class="line">{{ words.summary }}</span>
            @for (note of words.notes; track note) {
              <span class="line muted">{{ note }}</span>
            }
            @if (words.weaker.length > 0) {
              <span class="line weaker">Weaker than a container for each job:</span>
              @for (point of words.weaker; track point) {
                <span class="line point">{{ point }}</span>
              }
            }
          </span>
        </span>
      </label>
    }
  `,
  styles: `
    :host {
      display: flex;
      flex-direction: column;
      gap: var(--space-2);
    }
    .choice {
      display: flex;
      gap: 10px;
      align-items: flex-start;
      padding: 12px;
      border: 1px solid var(--line-strong);
      border-radius: var(--radius);
      cursor: pointer;
    }
    .choice:hover {
      background: var(--hover);
    }
    .chosen,
    .chosen:hover {
      border-color: var(--accent);
      background: var(--accent-soft);
    }
    .choice:has(:focus-visible) {
      outline: 2px solid var(--accent);
      outline-offset: 1px;
    }
    input {
      margin-top: 3px;
    }
    input:focus-visible {
      outline: none;
    }
    .words {
      min-width: 0;
      max-width: 80ch;
    }
    .head {
      display: flex;
      gap: 8px;
      align-items: baseline;
    }
    strong {
      font-weight: 550;
    }
    .line {
      display: block;
      margin-top: 4px;
    }
    .weaker {
      color: var(--state-warning);
      font-weight: 550;
    }
    .point {
      position: relative;
      padding-left: 14px;
    }
    .point::before {
      content: '•';
      position: absolute;
      left: 2px;
    }
  `,
  host: { role: 'radiogroup' },
})
export class IsolationChoice {
  readonly field = input.required<FieldTree<Isolation>>();
  /** What the server has now. */
  readonly saved = input.required<Isolation>();

  protected readonly id = `cr-isolation-${++lastId}-`;
  protected readonly options = isolationSchema.options;
  protected readonly isolationWords = isolationWords;
}

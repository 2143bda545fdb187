import { Component, computed, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';

/** One way to set a server up, in plain words. */
export interface ChoiceWords {
  readonly title: string;
  readonly summary: string;
  readonly notes: readonly string[];
  /** What is given up with it. */
  readonly cautions: readonly string[];
}

let lastId = 0;

/** One of few ways to set a server up: a card each, which says what is given up with it. */
@Component({
  selector: 'cr-setup-choice',
  imports: [FormField],
  template: `
    @for (option of options(); track option) {
      @let words = wordsOf()[option];
      <label class="choice" [class.chosen]="control()().value() === option">
        <input
          type="radio"
          [value]="option"
          [formField]="control()"
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
            @if (words.cautions.length > 0) {
              <span class="line caution">{{ cautionTitle() }}</span>
              @for (point of words.cautions; track point) {
                <span class="line point">{{ point }}</span>
              }
            }
          </span>
        </span>
      </label>
    }
    @if (error(); as message) {
      <p class="error" role="alert">{{ message }}</p>
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
    .error {
      color: var(--state-failed);
      font-size: var(--text-small);
    }
    .caution {
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
export class SetupChoice<T extends string> {
  readonly field = input.required<FieldTree<T>>();
  readonly options = input.required<readonly T[]>();
  readonly wordsOf = input.required<Readonly<Record<T, ChoiceWords>>>();
  readonly cautionTitle = input.required<string>();
  /** What the server has now. */
  readonly saved = input.required<T>();

  protected readonly id = `cr-choice-${++lastId}-`;
  /** What `formField` takes: it does not look through a type parameter. */
  protected readonly control = computed(() => this.field() as unknown as FieldTree<string>);
  protected readonly error = computed(() => this.control()().errors()[0]?.message);
}

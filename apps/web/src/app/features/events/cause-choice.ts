import { Component, input, model, output } from '@angular/core';
import type { FormValueControl } from '@angular/forms/signals';
import { retryCauseSchema, type RetryCause } from '@cronium/contracts';

import { causeWords } from './policy-words';

/** The last is the one to think about. */
const causes = [
  'exit_code',
  'signal',
  'limit',
  'timeout',
  'platform_error',
  'lost',
] as const satisfies readonly (typeof retryCauseSchema.options)[number][];

/** After which ends a job is tried again. */
@Component({
  selector: 'cr-cause-choice',
  template: `
    @for (cause of causes; track cause) {
      <label>
        <input type="checkbox" [checked]="value().includes(cause)" (change)="toggle(cause)" />
        <span>
          {{ words[cause].word }}
          @if (words[cause].note; as note) {
            <span class="muted small">{{ note }}</span>
          }
        </span>
      </label>
    }
  `,
  styles: `
    :host {
      display: grid;
    }
    label {
      display: flex;
      gap: 8px;
      align-items: flex-start;
      padding: 4px 0;
      cursor: pointer;
    }
    input {
      flex: none;
      margin-top: 2px;
    }
    .small {
      display: block;
    }
    @media (pointer: coarse) {
      label {
        padding: 11px 0;
      }
    }
  `,
  host: { role: 'group', 'aria-label': 'It is tried again when' },
})
export class CauseChoice implements FormValueControl<RetryCause[]> {
  readonly value = model<RetryCause[]>([]);
  readonly touch = output();
  readonly touched = input(false);

  protected readonly causes = causes;
  protected readonly words = causeWords;

  protected toggle(cause: RetryCause): void {
    this.value.update((chosen) =>
      chosen.includes(cause) ? chosen.filter((other) => other !== cause) : [...chosen, cause],
    );
    this.touch.emit();
  }
}

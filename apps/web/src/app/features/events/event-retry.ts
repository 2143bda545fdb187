import { Component, computed, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import { retrySchema } from '@cronium/contracts';

import { Field, FieldControl } from '../../shared/form/field';
import { CauseChoice } from './cause-choice';
import type { EventForm } from './event-form';
import { toRetry } from './policy-form';
import { retrySentence } from './policy-words';

const jitters = ['0', '0.1', '0.25', '0.5', '1'];

/** Whether and when a job that did not succeed is tried again. */
@Component({
  selector: 'cr-event-retry',
  imports: [CauseChoice, Field, FieldControl, FormField],
  template: `
    @let retry = form().retry;
    <cr-field label="More attempts" [hint]="tries() ? undefined : sentence()">
      <input
        crControl
        class="input"
        type="number"
        inputmode="numeric"
        placeholder="0"
        [formField]="retry.limit"
      />
    </cr-field>
    @if (tries()) {
      <p class="sentence" aria-live="polite" data-testid="retry-sentence" [hidden]="!sentence()">
        {{ sentence() }}
      </p>
      <div class="grid">
        <cr-field label="Pause (seconds)">
          <input
            crControl
            class="input"
            type="number"
            inputmode="numeric"
            placeholder="0"
            [formField]="retry.delaySeconds"
          />
        </cr-field>
        <cr-field label="The next pause">
          <select crControl class="input" [formField]="retry.backoff">
            <option value="fixed">is as long</option>
            <option value="exponential">is twice as long</option>
          </select>
        </cr-field>
        @if (retry.backoff().value() === 'exponential') {
          <cr-field label="Longest pause (seconds)">
            <input
              crControl
              class="input"
              type="number"
              inputmode="numeric"
              [formField]="retry.maxDelaySeconds"
            />
          </cr-field>
        }
        <cr-field label="Random part of it">
          <select crControl class="input" [formField]="retry.jitter">
            @for (part of jitterOptions(); track part) {
              <option [value]="part">{{ percent(part) }}</option>
            }
          </select>
        </cr-field>
      </div>
      <p class="muted small">
        The random part keeps jobs that failed together from coming back together: a pause is shorter by up to
        that much.
      </p>
      <cr-field label="It is tried again when">
        <cr-cause-choice [formField]="retry.on" />
      </cr-field>
      @if (retry.on().value().length === 0) {
        <p class="warning small">Nothing is chosen: it is never tried again.</p>
      }
      @if (retry.on().value().includes('exit_code')) {
        <cr-field label="Only these exit codes" hint="For example 75, 111.">
          <input
            crControl
            class="input"
            placeholder="Any but 0"
            autocomplete="off"
            [formField]="retry.exitCodes"
          />
        </cr-field>
      }
    }
  `,
  styleUrl: './event-policies.scss',
})
export class EventRetry {
  readonly form = input.required<FieldTree<EventForm>>();

  private readonly written = computed(() => retrySchema.safeParse(toRetry(this.form().retry().value())));
  protected readonly tries = computed(() => (this.form().retry.limit().value() ?? 0) !== 0);
  protected readonly sentence = computed(() => {
    const retry = this.written();
    return retry.success ? retrySentence(retry.data) : '';
  });
  /** A part that was set through the API is among them. */
  protected readonly jitterOptions = computed(() => {
    const chosen = this.form().retry.jitter().value();
    return jitters.includes(chosen) ? jitters : [...jitters, chosen].sort((a, b) => Number(a) - Number(b));
  });

  protected percent(part: string): string {
    return part === '0' ? 'None' : `${Math.round(Number(part) * 100)} %`;
  }
}

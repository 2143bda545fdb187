import { Component, computed, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import { overlapPolicySchema, prioritySchema, queueBounds } from '@cronium/contracts';

import { More } from '../../shared/disclosure/more';
import { Field, FieldControl } from '../../shared/form/field';
import { priorityWords } from '../../shared/look/looks';
import type { EventForm } from './event-form';
import { joiningSentence, overlapSentence, overlapWords } from './policy-words';

/** What becomes of a trigger while other runs of the event wait or are under way. */
@Component({
  selector: 'cr-event-overlap',
  imports: [Field, FieldControl, FormField, More],
  template: `
    <cr-field label="While another run is under way" [hint]="sentence()">
      <select crControl class="input" [formField]="form().overlapPolicy">
        @for (option of policies; track option) {
          <option [value]="option">{{ overlapWords[option] }}</option>
        }
      </select>
    </cr-field>
    <div class="grid">
      <cr-field label="At one time">
        <input
          crControl
          class="input"
          type="number"
          inputmode="numeric"
          [placeholder]="form().overlapPolicy().value() === 'allow' ? 'No limit' : '1'"
          [formField]="form().maxConcurrentExecutions"
        />
      </cr-field>
      @if (form().overlapPolicy().value() === 'queue') {
        <cr-field label="Wait at most">
          <input
            crControl
            class="input"
            type="number"
            inputmode="numeric"
            [formField]="form().maxQueuedExecutions"
          />
        </cr-field>
      }
    </div>
    <cr-more label="Priority, and triggers that share a run" [needed]="needsMore()">
      <cr-field label="Priority" hint="Which of its owner’s waiting jobs goes first on a server.">
        <select crControl class="input" [formField]="form().priority">
          @for (option of priorities; track option) {
            <option [value]="option">{{ priorityWords[option] }}</option>
          }
        </select>
      </cr-field>
      <cr-field label="Wait for quiet (seconds)" [hint]="quietHint()">
        <input
          crControl
          class="input"
          type="number"
          inputmode="numeric"
          placeholder="Starts at once"
          [formField]="form().debounceSeconds"
        />
      </cr-field>
      <label class="check">
        <input type="checkbox" [formField]="form().coalesce" />
        <span>
          Join a run that still waits
          <span class="muted small">With the newer input, instead of making another one.</span>
        </span>
      </label>
      <p class="muted small">
        Both hold for runs by hand and through the API, unless they name servers or an idempotency key.
      </p>
    </cr-more>
  `,
  styleUrl: './event-policies.scss',
})
export class EventOverlap {
  readonly form = input.required<FieldTree<EventForm>>();

  protected readonly policies = overlapPolicySchema.options;
  protected readonly priorities = prioritySchema.options.toReversed();
  protected readonly overlapWords = overlapWords;
  protected readonly priorityWords = priorityWords;

  protected readonly sentence = computed(() => {
    const { overlapPolicy, maxConcurrentExecutions, maxQueuedExecutions } = this.form()().value();
    const most = maxQueuedExecutions ?? queueBounds.queuedExecutions.default;
    return overlapSentence({ overlapPolicy, maxConcurrentExecutions, maxQueuedExecutions: most });
  });
  protected readonly quietHint = computed(() => {
    const debounceSeconds = this.form().debounceSeconds().value() ?? 0;
    return (
      joiningSentence({ debounceSeconds, coalesce: false }) ??
      'For events that are triggered many times in a row: one run for all.'
    );
  });
  protected readonly needsMore = computed(() => {
    const { priority, debounceSeconds, coalesce } = this.form();
    const isWrong = [priority, debounceSeconds, coalesce].some((field) => field().invalid());
    return isWrong || priority().value() !== 'normal' || !!debounceSeconds().value() || coalesce().value();
  });
}

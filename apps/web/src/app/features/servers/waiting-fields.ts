import { Component, input } from '@angular/core';
import { FormField, type FieldTree } from '@angular/forms/signals';
import {
  whenQueueFullSchema,
  whenUnhealthySchema,
  type WhenQueueFull,
  type WhenUnhealthy,
} from '@cronium/contracts';

import { Field, FieldControl } from '../../shared/form/field';
import { whenQueueFullWords, whenUnhealthyWords } from '../../shared/look/looks';

/** The fields of a form of any server that say what becomes of jobs that cannot start at once. */
export interface WaitingTrees {
  readonly whenUnhealthy: FieldTree<WhenUnhealthy>;
  readonly waitMinutes: FieldTree<number | null>;
  readonly maxQueuedJobs: FieldTree<number | null>;
  readonly whenQueueFull: FieldTree<WhenQueueFull>;
}

/** What a server does with jobs while it is away, and when too many wait for it. What is said of an outage is projected. */
@Component({
  selector: 'cr-waiting-fields',
  imports: [Field, FieldControl, FormField],
  template: `
    @let form = fields();
    <section aria-labelledby="away">
      <h2 id="away">While it is away</h2>
      <div class="grid">
        <cr-field label="Jobs for it">
          <select crControl class="input" [formField]="form.whenUnhealthy">
            @for (option of whenUnhealthyOptions; track option) {
              <option [value]="option">{{ whenUnhealthyWords[option] }}</option>
            }
          </select>
        </cr-field>
        <cr-field label="Wait at most (min)" hint="All waits together.">
          <input crControl class="input" type="number" [formField]="form.waitMinutes" />
        </cr-field>
      </div>
      <p class="muted small">
        @if (form.whenUnhealthy().value() === 'wait') {
          They start by themselves when it answers again, and fail when it has not by then. <ng-content />
        } @else {
          With the error of the last check, without a try of their own.
        }
      </p>
    </section>
    <section aria-labelledby="full">
      <h2 id="full">When too much waits for it</h2>
      <div class="grid">
        <cr-field label="Jobs that may wait">
          <input crControl class="input" type="number" [formField]="form.maxQueuedJobs" />
        </cr-field>
        <cr-field label="One more run">
          <select crControl class="input" [formField]="form.whenQueueFull">
            @for (option of whenQueueFullOptions; track option) {
              <option [value]="option">{{ whenQueueFullWords[option] }}</option>
            }
          </select>
        </cr-field>
      </div>
      <p class="muted small">
        @if (form.whenQueueFull().value() === 'refuse') {
          Whoever starts it is told to try later; a scheduled one is recorded as skipped.
        } @else {
          The queue grows; nothing is refused.
        }
      </p>
    </section>
  `,
  styleUrl: './server-editor.scss',
})
export class WaitingFields {
  readonly fields = input.required<WaitingTrees>();

  protected readonly whenUnhealthyOptions = whenUnhealthySchema.options;
  protected readonly whenUnhealthyWords = whenUnhealthyWords;
  protected readonly whenQueueFullOptions = whenQueueFullSchema.options;
  protected readonly whenQueueFullWords = whenQueueFullWords;
}

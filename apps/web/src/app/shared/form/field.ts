import { Component, Directive, computed, contentChild, inject, input } from '@angular/core';
import { FormField } from '@angular/forms/signals';

let lastId = 0;

/** A label, its control, and what is wrong with it. The control is the `[formField]` inside; a native one is marked `crControl`. */
@Component({
  selector: 'cr-field',
  exportAs: 'crField',
  template: `
    <label [for]="id" [class.visually-hidden]="labelHidden()">{{ label() }}</label>
    <ng-content />
    <div [id]="noteId" class="note">
      @if (error(); as message) {
        <span class="error" role="alert">{{ message }}</span>
      } @else if (hint()) {
        <span class="muted">{{ hint() }}</span>
      }
    </div>
  `,
  styles: `
    :host {
      display: flex;
      flex-direction: column;
      gap: 4px;
      min-width: 0;
    }
    label {
      font-size: var(--text-small);
      font-weight: 550;
    }
    .note {
      font-size: var(--text-small);
    }
    .note:empty {
      display: none;
    }
    .error {
      color: var(--state-failed);
    }
  `,
})
export class Field {
  readonly label = input.required<string>();
  readonly labelHidden = input(false);
  readonly hint = input<string>();

  private readonly control = contentChild(FormField);
  readonly id = `cr-field-${++lastId}`;
  readonly noteId = `${this.id}-note`;

  /** Shown once the person has left the field or tried to send it. */
  readonly error = computed(() => {
    const state = this.control()?.state();
    return state?.touched() === true ? state.errors()[0]?.message : undefined;
  });
}

/** The input, select or text area of a `cr-field`: ties it to the label and to the note. */
@Directive({
  selector: '[crControl]',
  host: {
    '[id]': 'field.id',
    '[attr.aria-describedby]': 'field.noteId',
    '[attr.aria-invalid]': '!!field.error()',
  },
})
export class FieldControl {
  protected readonly field = inject(Field);
}

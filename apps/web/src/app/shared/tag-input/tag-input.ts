import { Component, input, model, output } from '@angular/core';
import type { FormValueControl } from '@angular/forms/signals';
import { mdiClose } from '@mdi/js';

import { Icon } from '../icon/icon';

/** Words, each removable; Enter, comma or leaving the field adds what is written. */
@Component({
  selector: 'cr-tag-input',
  imports: [Icon],
  template: `
    @for (tag of value(); track tag) {
      <button type="button" class="tag" (click)="remove(tag)" [attr.aria-label]="'Remove the tag ' + tag">
        {{ tag }}<cr-icon [path]="close" />
      </button>
    }
    <input
      #text
      [id]="inputId()"
      autocomplete="off"
      maxlength="50"
      (keydown)="press($event, text)"
      (blur)="add(text); touch.emit()"
    />
  `,
  styles: `
    :host {
      --icon-size: 13px;
      display: flex;
      flex-wrap: wrap;
      align-items: center;
      gap: 4px;
      min-height: var(--control);
      padding: 4px 8px;
      border: 1px solid var(--line-strong);
      border-radius: var(--radius-small);
      background: var(--surface);
    }
    :host(:focus-within) {
      outline: 2px solid var(--accent);
      outline-offset: -1px;
    }
    input {
      flex: 1 1 60px;
      min-width: 0;
      border: 0;
      outline: 0;
      background: none;
      color: inherit;
      font: inherit;
    }
    .tag {
      gap: 3px;
      height: 24px;
    }
  `,
})
export class TagInput implements FormValueControl<string[]> {
  readonly value = model<string[]>([]);
  readonly touch = output();
  readonly inputId = input.required<string>();

  protected readonly close = mdiClose;

  protected press(event: KeyboardEvent, text: HTMLInputElement): void {
    if (event.key === 'Backspace' && text.value === '') this.value.update((tags) => tags.slice(0, -1));
    if (event.key !== 'Enter' && event.key !== ',') return;
    event.preventDefault();
    this.add(text);
  }

  protected add(text: HTMLInputElement): void {
    const tag = text.value.trim();
    text.value = '';
    if (tag !== '' && !this.value().includes(tag)) this.value.update((tags) => [...tags, tag]);
  }

  protected remove(tag: string): void {
    this.value.update((tags) => tags.filter((other) => other !== tag));
  }
}

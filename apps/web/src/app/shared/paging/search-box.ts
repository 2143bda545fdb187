import { Component, DestroyRef, inject, input, linkedSignal, output } from '@angular/core';
import { mdiMagnify } from '@mdi/js';

import { Icon } from '../icon/icon';

/** A search field that speaks when the person pauses in typing. */
@Component({
  selector: 'cr-search-box',
  imports: [Icon],
  template: `
    <cr-icon [path]="magnifier" />
    <input
      #field
      class="input"
      type="search"
      [attr.aria-label]="label()"
      [placeholder]="placeholder()"
      [value]="typed()"
      (input)="type(field.value)"
      (keydown.enter)="$event.preventDefault()"
    />
  `,
  host: { class: 'searching' },
})
export class SearchBox {
  readonly label = input.required<string>();
  readonly placeholder = input('');
  readonly value = input('');
  /** Milliseconds without a key; 0 for what is searched at hand. */
  readonly pauseMs = input(250);
  /** What is searched for, without spaces around. */
  readonly searched = output<string>();

  protected readonly typed = linkedSignal(() => this.value());
  protected readonly magnifier = mdiMagnify;
  private typing: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    inject(DestroyRef).onDestroy(() => clearTimeout(this.typing));
  }

  protected type(text: string): void {
    this.typed.set(text);
    clearTimeout(this.typing);
    if (this.pauseMs() === 0) this.searched.emit(text.trim());
    else this.typing = setTimeout(() => this.searched.emit(text.trim()), this.pauseMs());
  }
}

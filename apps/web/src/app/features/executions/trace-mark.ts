import { Component, computed, inject, input } from '@angular/core';
import { mdiContentCopy } from '@mdi/js';

import { Toasts } from '../../shared/feedback/toasts';
import { Icon } from '../../shared/icon/icon';

/** Signs of the id that are shown: enough to tell two apart. */
const shownSigns = 8;

/** The trace that an execution is part of; pressed, its id is copied. */
@Component({
  selector: 'cr-trace-mark',
  imports: [Icon],
  template: `
    <button
      type="button"
      data-testid="trace"
      [attr.aria-label]="'Copy the trace id ' + traceId()"
      [title]="'Copy the trace id ' + traceId()"
      (click)="copy()"
    >
      Trace <code>{{ short() }}</code><cr-icon [path]="icons.copy" />
    </button>
  `,
  styles: `
    button {
      display: inline-flex;
      gap: 4px;
      align-items: center;
      padding: 0;
      border: 0;
      background: none;
      color: inherit;
      font: inherit;
      cursor: pointer;

      &:hover {
        color: var(--text);
      }
    }
    cr-icon {
      --icon-size: 14px;
    }
    @media (pointer: coarse) {
      button {
        min-height: 44px;
      }
    }
  `,
})
export class TraceMark {
  private readonly toasts = inject(Toasts);

  readonly traceId = input.required<string>();

  protected readonly short = computed(() => this.traceId().slice(0, shownSigns));
  protected readonly icons = { copy: mdiContentCopy };

  protected async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.traceId());
      this.toasts.show('The trace id is copied.');
    } catch (error) {
      // Without HTTPS, or when the person refuses, the browser gives no clipboard.
      console.warn(error);
      this.toasts.show(`The browser does not allow copying here. The trace id is ${this.traceId()}.`);
    }
  }
}

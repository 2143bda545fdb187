import { Component, computed, input, signal } from '@angular/core';
import { mdiChevronRight } from '@mdi/js';

import { Icon } from '../icon/icon';

/** What most people leave as it is, behind a line that says what is there. It opens by itself when something in it needs attention. */
@Component({
  selector: 'cr-more',
  imports: [Icon],
  template: `
    <button
      type="button"
      [attr.aria-expanded]="open()"
      [attr.aria-controls]="id"
      (click)="chosen.set(!open())"
    >
      <cr-icon [path]="chevron" />{{ label() }}
    </button>
    <div [id]="id" [hidden]="!open()"><ng-content /></div>
  `,
  styles: `
    :host {
      display: block;
    }
    button {
      display: inline-flex;
      align-items: center;
      gap: 4px;
      min-height: 28px;
      margin-left: -4px;
      padding: 0 6px 0 0;
      border: 0;
      border-radius: var(--radius-small);
      background: none;
      color: var(--text-muted);
      font: 550 var(--text-small) / 1.4 var(--font);
      text-align: left;
      cursor: pointer;
    }
    button:hover {
      color: var(--text);
    }
    cr-icon {
      transition: transform 0.12s;
    }
    [aria-expanded='true'] cr-icon {
      transform: rotate(90deg);
    }
    div:not([hidden]) {
      display: flex;
      flex-direction: column;
      gap: 10px;
      padding-top: 6px;
    }
    @media (pointer: coarse) {
      button {
        min-height: 44px;
      }
    }
  `,
})
export class More {
  readonly label = input.required<string>();
  /** Whether what is in it is not as usual, or wrong. */
  readonly needed = input(false);

  protected readonly id = `cr-more-${++lastId}`;
  protected readonly chosen = signal<boolean | null>(null);
  protected readonly open = computed(() => this.chosen() ?? this.needed());
  protected readonly chevron = mdiChevronRight;
}

let lastId = 0;

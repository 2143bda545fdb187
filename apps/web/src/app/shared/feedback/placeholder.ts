import { Component, input } from '@angular/core';

import { Icon } from '../icon/icon';

/** What stands where there is nothing to show: says what the place is for, and holds the one button to begin. */
@Component({
  selector: 'cr-placeholder',
  imports: [Icon],
  template: `
    <span class="disc"><cr-icon [path]="icon()" /></span>
    <h2>{{ heading() }}</h2>
    <p class="muted"><ng-content /></p>
    <div class="actions"><ng-content select="[actions]" /></div>
  `,
  styles: `
    :host {
      --icon-size: 26px;
      display: flex;
      flex-direction: column;
      align-items: center;
      gap: 6px;
      padding: 56px 20px;
      text-align: center;
    }
    .disc {
      display: grid;
      place-items: center;
      width: 56px;
      height: 56px;
      margin-bottom: 8px;
      border-radius: 50%;
      background: var(--accent-soft);
      color: var(--on-accent-soft);
    }
    h2 {
      font-size: 1rem;
    }
    p {
      max-width: 52ch;
    }
    .actions {
      --icon-size: 18px;
      display: flex;
      gap: 8px;
      margin-top: 14px;
    }
  `,
})
export class Placeholder {
  readonly icon = input.required<string>();
  readonly heading = input.required<string>();
}

import { Component, input } from '@angular/core';
import { mdiAlertOutline, mdiCloseCircleOutline, mdiInformationOutline } from '@mdi/js';

import { Icon } from '../icon/icon';

export type NoticeTone = 'info' | 'warning' | 'error';

const icons: Record<NoticeTone, string> = {
  info: mdiInformationOutline,
  warning: mdiAlertOutline,
  error: mdiCloseCircleOutline,
};

/** A banner in the flow of a page: what is the matter, and what to do about it. Buttons go in `[actions]`. */
@Component({
  selector: 'cr-notice',
  imports: [Icon],
  template: `
    <cr-icon [path]="icons[tone()]" />
    <div class="text">
      @if (heading()) {
        <strong>{{ heading() }}</strong>
      }
      <ng-content />
    </div>
    <div class="actions"><ng-content select="[actions]" /></div>
  `,
  styles: `
    :host {
      --tone: var(--state-running);
      display: flex;
      align-items: flex-start;
      gap: 10px;
      padding: 10px 12px;
      border: 1px solid color-mix(in srgb, var(--tone) 32%, transparent);
      border-radius: var(--radius);
      background: color-mix(in srgb, var(--tone) 8%, var(--surface));
    }
    :host(.warning) {
      --tone: var(--state-warning);
    }
    :host(.error) {
      --tone: var(--state-failed);
    }
    cr-icon {
      margin-top: 1px;
      color: var(--tone);
    }
    .text {
      flex: 1;
      min-width: 0;
      max-width: 80ch;
      overflow-wrap: anywhere;
    }
    strong {
      display: block;
      font-weight: 600;
    }
    .actions {
      display: flex;
      flex-wrap: wrap;
      gap: 8px;
      align-self: center;
    }
    .actions {
      margin-left: auto;
    }
    .actions:empty {
      display: none;
    }
    @media (max-width: 640px) {
      :host {
        flex-wrap: wrap;
      }
      .actions {
        flex-basis: 100%;
      }
    }
  `,
  host: { '[class]': 'tone()', '[attr.role]': "tone() === 'error' ? 'alert' : 'status'" },
})
export class Notice {
  readonly tone = input<NoticeTone>('info');
  readonly heading = input<string>();

  protected readonly icons = icons;
}

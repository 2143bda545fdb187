import { Component, computed, input } from '@angular/core';
import type { HealthStatus } from '@cronium/server-types';
import { mdiAlertCircle, mdiCheckCircle, mdiHelpCircleOutline } from '@mdi/js';

import { Icon } from '../icon/icon';

/** Whether a server can take a job now: icon, word and colour. */
@Component({
  selector: 'cr-health-mark',
  imports: [Icon],
  template: '<cr-icon [path]="look().icon" />{{ look().word }}',
  styles: `
    :host {
      display: inline-flex;
      gap: 6px;
      align-items: center;
      font-weight: 550;
      --icon-size: 16px;
    }
    :host(.ready) {
      color: var(--state-succeeded);
    }
    :host(.unready) {
      color: var(--state-failed);
    }
    :host(.unknown) {
      color: var(--text-muted);
    }
  `,
  host: { '[class]': 'look().tone', '[title]': "health()?.reason?.message ?? ''" },
})
export class HealthMark {
  readonly health = input.required<Pick<HealthStatus, 'healthy' | 'reason'> | null>();

  protected readonly look = computed(() => {
    const health = this.health();
    if (health === null) return { word: 'Not checked yet', icon: mdiHelpCircleOutline, tone: 'unknown' };
    return health.healthy
      ? { word: 'Ready', icon: mdiCheckCircle, tone: 'ready' }
      : { word: 'Not available', icon: mdiAlertCircle, tone: 'unready' };
  });
}

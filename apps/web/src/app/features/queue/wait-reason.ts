import { Component, computed, input } from '@angular/core';
import type { QueuedJob } from '@cronium/contracts';
import {
  mdiAccountClockOutline,
  mdiCalendarClockOutline,
  mdiGaugeFull,
  mdiHelpCircleOutline,
  mdiLanDisconnect,
  mdiPlayCircleOutline,
  mdiServerOutline,
  mdiTimerSand,
} from '@mdi/js';

import { Icon } from '../../shared/icon/icon';
import { reasonWords } from '../../shared/queue/turn-words';
import { reasonOf, type WaitReason } from './queue-groups';

const icons: Record<WaitReason, string> = {
  server_busy: mdiServerOutline,
  server_short: mdiGaugeFull,
  event_busy: mdiCalendarClockOutline,
  owner_busy: mdiAccountClockOutline,
  worker_busy: mdiPlayCircleOutline,
  delayed: mdiTimerSand,
  server_unhealthy: mdiLanDisconnect,
};

/** Why a job waits: icon, word and colour, with the whole sentence on hover. */
@Component({
  selector: 'cr-wait-reason',
  imports: [Icon],
  template: '<cr-icon [path]="icon()" /><span>{{ word() }}</span>',
  styles: `
    :host {
      --icon-size: 16px;
      display: inline-flex;
      gap: 6px;
      align-items: center;
      vertical-align: middle;
      min-width: 0;
      color: var(--state-queued);
    }
    :host(.server_unhealthy) {
      color: var(--state-warning);
    }
    :host(.worker_busy) {
      color: var(--state-running);
    }
  `,
  host: { '[class]': 'reason()', '[title]': 'sentence()' },
})
export class WaitReasonMark {
  readonly job = input.required<QueuedJob>();

  protected readonly reason = computed(() => reasonOf(this.job()));
  protected readonly word = computed(() => {
    const reason = this.reason();
    return reason === null ? 'Waits' : reasonWords[reason];
  });
  protected readonly icon = computed(() => {
    const reason = this.reason();
    return reason === null ? mdiHelpCircleOutline : icons[reason];
  });
  protected readonly sentence = computed(() => {
    const { queue, waitingFor } = this.job();
    return waitingFor?.message ?? (queue?.reason === 'delayed' ? '' : queue?.message) ?? '';
  });
}

import { Component, computed, inject, input } from '@angular/core';
import type { QueuedJob } from '@cronium/contracts';

import { expectedWords, untilWords } from '../../shared/queue/turn-words';
import { Clock } from '../../shared/time/clock';
import { formatExact } from '../../shared/time/relative-time';

/** When a waiting job is likely to start; of one whose server is away, how long it still waits for it. */
@Component({
  selector: 'cr-expected-start',
  template: '<span [title]="title()">{{ words() }}</span>',
})
export class ExpectedStart {
  private readonly clock = inject(Clock);

  readonly job = input.required<QueuedJob>();

  protected readonly words = computed(() => {
    const { queue, waitingFor } = this.job();
    if (waitingFor) return `when it is back, within ${untilWords(waitingFor.until, this.clock.now())}`;
    switch (queue?.reason) {
      case 'delayed':
        return queue.notBefore ? `in ${untilWords(queue.notBefore, this.clock.now())}` : 'not known';
      case 'event_busy':
        return 'when a run of its event ends';
      case 'owner_busy':
        return 'when a job of its owner ends';
      case 'worker_busy':
        return 'in a moment';
      default: {
        const wait = expectedWords(queue?.expectedWaitSeconds ?? null);
        return wait === null ? 'not known' : `in ${wait}`;
      }
    }
  });
  protected readonly title = computed(() => {
    const { queue, waitingFor } = this.job();
    if (waitingFor) return `Fails at ${formatExact(Date.parse(waitingFor.until))} if its server is not back`;
    if (queue?.notBefore) return `Not before ${formatExact(Date.parse(queue.notBefore))}`;
    if (queue?.reason !== 'server_busy') return queue?.message ?? '';
    return 'By its turn and what the last jobs of the server took';
  });
}

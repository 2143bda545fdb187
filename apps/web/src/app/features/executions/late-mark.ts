import { Component, computed, input } from '@angular/core';

import { formatDuration } from '../../shared/time/duration';

/** That a scheduled run started later than planned; nothing for one on time. */
@Component({
  selector: 'cr-late-mark',
  template: `
    @if (words(); as text) {
      <span class="tag" title="Its script started so much later than the schedule planned.">{{ text }}</span>
    }
  `,
  styles: `
    .tag {
      background: color-mix(in srgb, var(--state-warning) 12%, transparent);
      color: var(--state-warning);
    }
  `,
})
export class LateMark {
  /** `lateSeconds` of an execution. */
  readonly seconds = input.required<number | null>();

  protected readonly words = computed(() => {
    const seconds = this.seconds();
    return seconds === null ? null : `${formatDuration(seconds * 1000)} late`;
  });
}
